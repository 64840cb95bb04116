import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  checkInput,
  checkParameters,
  MAX_MEMORY_PAGES,
  PAGE_BYTES,
  type ScryptInput,
  type ScryptParameters,
  slotBytes,
} from './scrypt-parameters.js';

/**
 * scrypt on one core, synchronous. Each call leaves the kernel's memory zeroed as far as it used it, also
 * when it throws (1 ms for each 64 MiB).
 * Everything is checked before anything runs: RangeError for a number out of its limits, TypeError for
 * what is no byte array.
 */
export interface ScryptKernel {
  /**
   * One hash; 128·N·r bytes of memory, kept for the next.
   * @param dkLen length of the result in bytes
   * @see RFC 7914, section 6
   */
  scrypt(password: Uint8Array, salt: Uint8Array, parameters: ScryptParameters, dkLen: number): Uint8Array;
  /**
   * Two hashes in step: both together take a quarter longer than one alone, in twice its memory, which the
   * kernel first takes when it is first given a pair. The results come in the order of the inputs.
   */
  scryptPair(
    a: ScryptInput,
    b: ScryptInput,
    parameters: ScryptParameters,
    dkLen: number,
  ): [Uint8Array, Uint8Array];
}

/** What workers/kernel/assembly/scrypt.ts exports. Addresses and lengths are in bytes. */
interface KernelExports {
  romixOne(slot: number, N: number, r: number): void;
  romixTwo(slotA: number, slotB: number, N: number, r: number): void;
  wipe(start: number, length: number): void;
}

/** A module whose one function returns a v128. */
const SIMD_PROBE = Uint8Array.from([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01,
  0x00, 0x0a, 0x0a, 0x01, 0x08, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62, 0x0b,
]);

/** Whether this runtime has the 128-bit SIMD that the kernel is written in. */
export function simdSupported(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE);
}

/** Memory that `createKernel` accepts: it starts with a page, and grows to what the hashes need. */
export function createKernelMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: MAX_MEMORY_PAGES });
}

/**
 * Makes a kernel, for one thread. Its memory grows with the first hash and stays: fresh pages cost some
 * 20 ms per 64 MiB, and the first hash runs partly in baseline code besides.
 * @param wasm scrypt.wasm, as bytes or as a module compiled elsewhere (a browser's `compileStreaming`)
 * @throws CompileError where there is no SIMD; see `simdSupported`
 */
export function createKernel(
  wasm: Uint8Array<ArrayBuffer> | WebAssembly.Module,
  memory: WebAssembly.Memory = createKernelMemory(),
): ScryptKernel {
  const module = wasm instanceof WebAssembly.Module ? wasm : new WebAssembly.Module(wasm);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const kernel = exports as unknown as KernelExports;

  function reserve(bytes: number) {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  }

  /** Runs ROMix over the lanes of every hash, lane by lane; `blocks` hold B, p times 128·r bytes each. */
  function romix(blocks: Uint8Array[], { N, r, p }: ScryptParameters) {
    const slot = slotBytes(N, r);
    const used = slot * blocks.length;
    const laneBytes = 128 * r;
    reserve(used);
    const bytes = new Uint8Array(memory.buffer);
    try {
      for (let lane = 0; lane < p; lane++) {
        const [from, to] = [lane * laneBytes, (lane + 1) * laneBytes];
        // Behind X, where the kernel takes its input and leaves its output.
        blocks.forEach((B, i) => {
          bytes.set(B.subarray(from, to), i * slot + laneBytes);
        });
        if (blocks.length === 2) kernel.romixTwo(0, slot, N, r);
        else kernel.romixOne(0, N, r);
        blocks.forEach((B, i) => {
          B.set(bytes.subarray(i * slot + laneBytes, i * slot + 2 * laneBytes), from);
        });
      }
    } finally {
      kernel.wipe(0, used);
    }
  }

  function hash(inputs: ScryptInput[], parameters: ScryptParameters, dkLen: number): Uint8Array[] {
    checkParameters(parameters, dkLen);
    for (const input of inputs) checkInput(input);
    const { r, p } = parameters;
    const blocks: Uint8Array[] = [];
    try {
      for (const { password, salt } of inputs) {
        blocks.push(pbkdf2(sha256, password, salt, { c: 1, dkLen: p * 128 * r }));
      }
      romix(blocks, parameters);
      return inputs.map(({ password }, i) =>
        pbkdf2(sha256, password, blocks[i] as Uint8Array, { c: 1, dkLen }),
      );
    } finally {
      for (const B of blocks) B.fill(0);
    }
  }

  return {
    scrypt: (password, salt, parameters, dkLen) =>
      hash([{ password, salt }], parameters, dkLen)[0] as Uint8Array,
    scryptPair: (a, b, parameters, dkLen) => hash([a, b], parameters, dkLen) as [Uint8Array, Uint8Array],
  };
}
