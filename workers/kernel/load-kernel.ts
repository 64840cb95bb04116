import { readFileSync } from 'node:fs';
import { createKernel, type ScryptKernel } from '../../protocol/scrypt-kernel.js';
import { PAGE_BYTES } from '../../protocol/scrypt-parameters.js';

/** Loads the kernel with its own memory. @throws ENOENT without a build; CompileError without SIMD */
export function loadKernel(): ScryptKernel {
  return createKernel(readKernel('plain'));
}

export function readKernel(build: 'plain' | 'shared'): Uint8Array<ArrayBuffer> {
  const file = build === 'plain' ? './scrypt.wasm' : './scrypt-shared.wasm';
  return readFileSync(new URL(file, import.meta.url));
}

/** @throws RangeError when the operating system refuses the address space, which it maps at first use */
export function createSharedMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  // A variable, because the types lack `shared` and would reject it in a literal.
  const descriptor = { initial: pages, maximum: pages, shared: true };
  return new WebAssembly.Memory(descriptor);
}
