import { createKernel, simdSupported } from '../protocol/scrypt-kernel.js';
import type { Scrypt } from './stretcher.js';

/**
 * scrypt in WebAssembly with SIMD, for `createBrowserEngine`: about twice as fast as the JavaScript that stands in
 * without it. It runs on the thread that calls it, for some tenths of a second; give it a worker where that matters.
 * @param wasm the bytes of the package's `scrypt.wasm`
 * @throws CompileError where {@link isKernelSupported} says no, or what is given is another file
 */
export async function createKernelScrypt(wasm: Uint8Array<ArrayBuffer>): Promise<Scrypt> {
  const kernel = createKernel(await WebAssembly.compile(wasm));
  return async ({ password, salt, length, ...parameters }) =>
    kernel.scrypt(password, salt, parameters, length);
}

/** Whether this browser has the SIMD that the kernel is written in. */
export const isKernelSupported: () => boolean = simdSupported;
