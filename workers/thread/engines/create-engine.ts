import { createKernel } from '../../../protocol/scrypt-kernel.js';
import type { StretchThreadData } from '../../messages.js';
import type { Engine } from './engine.js';
import { measureKernel } from './measure-plan.js';
import { createOpensslEngine, sampleOpenssl } from './openssl.js';
import { createPortableEngine } from './portable.js';
import { createSimdEngine } from './simd.js';

/**
 * Builds the engine that `STRETCH_ENGINE` names.
 * @throws Error for `simd` without a kernel
 */
export function createEngine({ engine, kernel }: StretchThreadData): Engine {
  switch (engine) {
    case 'simd': {
      if (!kernel) throw new Error('simd needs a kernel');
      const { module, memories } = kernel;
      return createSimdEngine(
        memories.map((memory) => createKernel(module, memory)),
        (largestGroup) => measureKernel(module, largestGroup, sampleOpenssl),
      );
    }
    case 'openssl':
      return createOpensslEngine();
    case 'scrypt-js':
      return createPortableEngine();
  }
}
