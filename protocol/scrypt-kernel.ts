import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  checkGroup,
  checkInput,
  checkParameters,
  MAX_GROUP,
  PAGE_BYTES,
  type ScryptInput,
  type ScryptParameters,
  SLOT_BYTES,
  slotBytes,
} from './scrypt-parameters.js';

/** How one hash alone is computed: which is faster depends on the processor. */
export type SingleKernel = 'scalar' | 'vector';

/** Where in its memory a kernel computes, and how. */
export interface Placement {
  /** The slots to use, one for each hash; by default the first. */
  slots?: readonly number[];
  /** For a group of one; `vector` by default. */
  single?: SingleKernel;
}

/**
 * scrypt on one core, synchronous. Each call leaves the slots it used zeroed as far as it used them, also
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
   * One hash, or two to four in step: four together take little longer than two alone, in four times the
   * memory. The results come in the order of the inputs.
   */
  scryptGroup(
    inputs: readonly ScryptInput[],
    parameters: ScryptParameters,
    dkLen: number,
    placement?: Placement,
  ): Uint8Array[];
  /** Zeroes a whole slot. */
  wipeSlot(slot: number): void;
}

/** What workers/kernel/assembly/scrypt.ts exports. Addresses and lengths are in bytes. */
export interface KernelExports {
  romixScalar(slot: number, N: number, r: number): void;
  romixOne(slot: number, N: number, r: number): void;
  romixTwo(slotA: number, slotB: number, N: number, r: number): void;
  romixThree(slotA: number, slotB: number, slotC: number, N: number, r: number): void;
  romixFour(slotA: number, slotB: number, slotC: number, slotD: number, N: number, r: number): void;
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

/** Memory of a kernel's own, for one built without threads: it starts with a page, and grows to what the hashes need. */
export function createKernelMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: Math.ceil((MAX_GROUP * SLOT_BYTES) / PAGE_BYTES) });
}

/**
 * Makes a kernel, for one thread. Memory that can grow does so with the first hash, and stays: fresh pages cost
 * some 20 ms per 64 MiB, and the first hash runs partly in baseline code besides.
 * @param wasm scrypt.wasm, as bytes or as a module compiled elsewhere (a browser's `compileStreaming`)
 * @throws CompileError where there is no SIMD; see `simdSupported`
 */
export function createKernel(
  wasm: Uint8Array<ArrayBuffer> | WebAssembly.Module,
  memory: WebAssembly.Memory = createKernelMemory(),
): ScryptKernel {
  const kernel = instantiateKernel(wasm, memory);

  function reserve(bytes: number) {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  }

  /** Runs ROMix over the lanes of every hash, lane by lane; `blocks` hold B, p times 128·r bytes each. */
  function romix(
    blocks: Uint8Array[],
    { N, r, p }: ScryptParameters,
    addresses: number[],
    single: SingleKernel,
  ) {
    const used = slotBytes(N, r);
    const laneBytes = 128 * r;
    reserve(Math.max(...addresses) + used);
    const bytes = new Uint8Array(memory.buffer);
    // Behind X, where the kernel takes its input and leaves its output.
    const places = addresses.map((address) => bytes.subarray(address + laneBytes, address + 2 * laneBytes));
    try {
      for (let lane = 0; lane < p; lane++) {
        const from = lane * laneBytes;
        places.forEach((place, i) => {
          place.set((blocks[i] as Uint8Array).subarray(from, from + laneBytes));
        });
        runRomix(kernel, addresses, N, r, single);
        places.forEach((place, i) => {
          (blocks[i] as Uint8Array).set(place, from);
        });
      }
    } finally {
      for (const address of addresses) kernel.wipe(address, used);
    }
  }

  function scryptGroup(
    inputs: readonly ScryptInput[],
    parameters: ScryptParameters,
    dkLen: number,
    { slots = inputs.map((_, i) => i), single = 'vector' }: Placement = {},
  ): Uint8Array[] {
    checkParameters(parameters, dkLen);
    checkGroup(inputs, slots);
    for (const input of inputs) checkInput(input);
    const { r, p } = parameters;
    const blocks: Uint8Array[] = [];
    try {
      for (const { password, salt } of inputs) {
        blocks.push(pbkdf2(sha256, password, salt, { c: 1, dkLen: p * 128 * r }));
      }
      romix(blocks, parameters, slots.map(addressOf), single);
      return inputs.map(({ password }, i) =>
        pbkdf2(sha256, password, blocks[i] as Uint8Array, { c: 1, dkLen }),
      );
    } finally {
      for (const B of blocks) B.fill(0);
    }
  }

  return {
    scrypt: (password, salt, parameters, dkLen) =>
      scryptGroup([{ password, salt }], parameters, dkLen)[0] as Uint8Array,
    scryptGroup,
    wipeSlot: (slot) => kernel.wipe(addressOf(slot), SLOT_BYTES),
  };
}

/** The bare functions of a kernel, for who measures them. */
export function instantiateKernel(
  wasm: Uint8Array<ArrayBuffer> | WebAssembly.Module,
  memory: WebAssembly.Memory,
): KernelExports {
  const module = wasm instanceof WebAssembly.Module ? wasm : new WebAssembly.Module(wasm);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as KernelExports;
}

/** ROMix of the hashes at up to four addresses, in step. */
export function runRomix(
  kernel: KernelExports,
  addresses: readonly number[],
  N: number,
  r: number,
  single: SingleKernel,
): void {
  const [a, b, c, d] = addresses as [number, number?, number?, number?];
  if (d !== undefined) kernel.romixFour(a, b as number, c as number, d, N, r);
  else if (c !== undefined) kernel.romixThree(a, b as number, c, N, r);
  else if (b !== undefined) kernel.romixTwo(a, b, N, r);
  else if (single === 'scalar') kernel.romixScalar(a, N, r);
  else kernel.romixOne(a, N, r);
}

function addressOf(slot: number): number {
  return slot * SLOT_BYTES;
}
