import { readFileSync } from 'node:fs';
import { createKernel, type ScryptKernel } from '../../protocol/scrypt-kernel.js';
import { PAGE_BYTES } from '../../protocol/scrypt-parameters.js';

/**
 * Makes a kernel with memory of its own from the scrypt.wasm beside this file, where the build puts it.
 * @throws ENOENT before a build; CompileError on a runtime without SIMD
 */
export function loadKernel(): ScryptKernel {
  return createKernel(readKernel('plain'));
}

/** The bytes of the kernel: built for memory of its own, or for memory that threads share. */
export function readKernel(build: 'plain' | 'shared'): Uint8Array<ArrayBuffer> {
  const file = build === 'plain' ? './scrypt.wasm' : './scrypt-shared.wasm';
  return readFileSync(new URL(file, import.meta.url));
}

/**
 * Memory that threads share, for a kernel built for that. It takes up room as it is used.
 * @throws RangeError when the operating system does not give so much address space
 */
export function createSharedMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  // The types know nothing of `shared`, and take it from a variable only.
  const descriptor = { initial: pages, maximum: pages, shared: true };
  return new WebAssembly.Memory(descriptor);
}
