import { createKernel, simdSupported } from '../protocol/scrypt-kernel.js';
import type { Scrypt } from './stretcher.js';

/**
 * Creates scrypt in WebAssembly for `createBrowserEngine`: about twice as fast as the default in JavaScript.
 * It blocks the calling thread for 0.1 to 1 s; run it in a worker. `wasm` is the package's `scrypt.wasm`.
 * @throws CompileError when {@link isKernelSupported} returns `false`, or for another file
 */
export async function createKernelScrypt(wasm: Uint8Array<ArrayBuffer>): Promise<Scrypt> {
  const kernel = createKernel(await WebAssembly.compile(wasm));
  return async ({ password, salt, length, ...parameters }) =>
    kernel.scrypt(password, salt, parameters, length);
}

/** Returns whether this browser supports the SIMD instructions of the kernel. */
export const isKernelSupported: () => boolean = simdSupported;
