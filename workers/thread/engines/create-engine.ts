import { createKernel } from '../../../protocol/scrypt-kernel.js';
import type { StretchThreadData } from '../../messages.js';
import type { Engine } from './engine.js';
import { measureKernel } from './measure-plan.js';
import { createNativeEngine } from './native.js';
import { createOpensslEngine } from './openssl.js';
import { createPortableEngine } from './portable.js';
import { createWasmEngine } from './wasm.js';

/** @throws Error for `wasm` without a kernel, for `native` when it was not built */
export function createEngine({ engine, module, memories }: StretchThreadData): Engine {
  switch (engine) {
    case 'native':
      return createNativeEngine(memories);
    case 'wasm': {
      if (!module) throw new Error('wasm needs a kernel');
      return createWasmEngine(
        memories.map((memory) => createKernel(module, memory)),
        (largestGroup) => measureKernel(module, largestGroup),
      );
    }
    case 'openssl':
      return createOpensslEngine();
    case 'scrypt-js':
      return createPortableEngine();
  }
}
