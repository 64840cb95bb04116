import { readFileSync } from 'node:fs';
import { createKernel, type ScryptKernel } from '../../protocol/scrypt-kernel.js';

/**
 * Makes a kernel from the scrypt.wasm beside this file, where the build puts it.
 * @throws ENOENT before a build; CompileError on a runtime without SIMD
 */
export function loadKernel(): ScryptKernel {
  return createKernel(readKernel());
}

/** The bytes of scrypt.wasm. */
export function readKernel(): Uint8Array<ArrayBuffer> {
  return readFileSync(new URL('./scrypt.wasm', import.meta.url));
}
