import type { ScryptKernel } from '../../../protocol/scrypt-kernel.js';
import { loadKernel } from '../../kernel/load-kernel.js';
import type { Engine } from './engine.js';
import { createOpensslModPow, opensslPbkdf2 } from './openssl.js';
import { type Primitives, type ScryptInput, stretchPasswords } from './stretching-chain.js';

/**
 * scrypt in WebAssembly with SIMD, one password or two in step; the rest through `node:crypto`. The kernel
 * keeps its memory for the next stretch: 64 MiB, 128 MiB from the first pair on.
 * @throws CompileError where WebAssembly has no SIMD
 */
export function createSimdEngine(kernel: ScryptKernel = loadKernel()): Engine {
  const primitives: Primitives = {
    pbkdf2: opensslPbkdf2,
    scrypt: (inputs) => scryptGroup(kernel, inputs),
  };
  return {
    stretch: (input) => stretchPasswords(primitives, [input])[0] as Uint8Array,
    stretchPair: (a, b) => stretchPasswords(primitives, [a, b]) as [Uint8Array, Uint8Array],
    modPow: createOpensslModPow(),
  };
}

function scryptGroup(kernel: ScryptKernel, inputs: ScryptInput[]): Uint8Array[] {
  const [{ length, ...parameters }] = inputs as [ScryptInput];
  return kernel.scryptGroup(inputs, parameters, length);
}
