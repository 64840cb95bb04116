import { createKernel } from '../../../protocol/scrypt-kernel.js';
import type { StretchThreadData } from '../../messages.js';
import type { Engine } from './engine.js';
import { measureKernel } from './measure-plan.js';
import { createNativeEngine } from './native.js';
import { createOpensslEngine } from './openssl.js';
import { createPortableEngine } from './portable.js';
import { createWasmEngine } from './wasm.js';

/** @throws Error for `native` and `wasm` without their memory */
export function createEngine({ engine, kernel, regions }: StretchThreadData): Engine {
  switch (engine) {
    case 'native':
      if (!regions) throw new Error('native needs regions of slots');
      return createNativeEngine(regions);
    case 'wasm': {
      if (!kernel) throw new Error('wasm needs a kernel');
      const { module, memories } = kernel;
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
