import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { PBKDF2_BYTES, type Pbkdf2Exports, pbkdf2Group } from './pbkdf2-kernel.js';
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

/** Method of computing a single hash. The faster one depends on the processor. */
export type SingleKernel = 'scalar' | 'vector';

export interface Placement {
  /** One slot for each hash; the first slots by default. */
  slots?: readonly number[];
  /** For a group of one; `vector` by default. */
  single?: SingleKernel;
  /** Leaves the slots as they are after scrypt: the caller wipes or overwrites them. */
  leaveTraces?: boolean;
}

/** Synchronous scrypt on one core. Every method throws RangeError or TypeError for an invalid argument. */
export interface ScryptKernel {
  /** Computes one hash of `dkLen` bytes (RFC 7914, section 6). Keeps its 128·N·r bytes of memory mapped. */
  scrypt(password: Uint8Array, salt: Uint8Array, parameters: ScryptParameters, dkLen: number): Uint8Array;
  /** Computes one to four hashes in step: four take little longer than two, in four times the memory. */
  scryptGroup(
    inputs: readonly ScryptInput[],
    parameters: ScryptParameters,
    dkLen: number,
    placement?: Placement,
  ): Uint8Array[];
  /** Computes PBKDF2-HMAC-SHA256 of one to four passwords in step, 32 bytes each, with `c` iterations. */
  pbkdf2Group(inputs: readonly ScryptInput[], c: number, placement?: Placement): Uint8Array[];
}

/** Exports of workers/kernel/assembly/scrypt.ts. Addresses and lengths are in bytes. */
export interface KernelExports extends Pbkdf2Exports {
  romixScalar(slot: number, N: number, r: number): void;
  romixOne(slot: number, N: number, r: number): void;
  romixTwo(slotA: number, slotB: number, N: number, r: number): void;
  romixThree(slotA: number, slotB: number, slotC: number, N: number, r: number): void;
  romixFour(slotA: number, slotB: number, slotC: number, slotD: number, N: number, r: number): void;
  wipe(start: number, length: number): void;
}

/** A module with one function that returns a v128. */
const SIMD_PROBE = Uint8Array.from([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01,
  0x00, 0x0a, 0x0a, 0x01, 0x08, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62, 0x0b,
]);

/** Returns whether this runtime supports 128-bit SIMD, which the kernel needs. */
export function simdSupported(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE);
}

export function createKernelMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: Math.ceil((MAX_GROUP * SLOT_BYTES) / PAGE_BYTES) });
}

/**
 * Creates a kernel for one thread from scrypt.wasm. Its memory stays mapped: mapping 64 MiB takes 20 ms.
 * @throws CompileError without SIMD; see `simdSupported`
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

  /** `blocks` hold B, p times 128·r bytes each. */
  function romix(
    blocks: Uint8Array[],
    { N, r, p }: ScryptParameters,
    addresses: number[],
    { single = 'vector', leaveTraces = false }: Placement,
  ) {
    const used = slotBytes(N, r);
    const laneBytes = 128 * r;
    reserve(Math.max(...addresses) + used);
    const bytes = new Uint8Array(memory.buffer);
    // The kernel reads and writes B in Y.
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
      if (!leaveTraces) for (const address of addresses) kernel.wipe(address, used);
    }
  }

  function scryptGroup(
    inputs: readonly ScryptInput[],
    parameters: ScryptParameters,
    dkLen: number,
    placement: Placement = {},
  ): Uint8Array[] {
    const { slots = inputs.map((_, i) => i) } = placement;
    checkParameters(parameters, dkLen);
    checkGroup(inputs, slots);
    for (const input of inputs) checkInput(input);
    const { r, p } = parameters;
    const blocks: Uint8Array[] = [];
    try {
      for (const { password, salt } of inputs) {
        blocks.push(pbkdf2(sha256, password, salt, { c: 1, dkLen: p * 128 * r }));
      }
      romix(blocks, parameters, slots.map(addressOf), placement);
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
    pbkdf2Group(inputs, c, { slots = inputs.map((_, i) => i) } = {}) {
      checkGroup(inputs, slots);
      for (const input of inputs) checkInput(input);
      const address = addressOf(slots[0] as number);
      reserve(address + PBKDF2_BYTES);
      return pbkdf2Group(kernel, memory, address, inputs, c);
    },
  };
}

/** Returns the bare functions of a kernel, for measurements. */
export function instantiateKernel(
  wasm: Uint8Array<ArrayBuffer> | WebAssembly.Module,
  memory: WebAssembly.Memory,
): KernelExports {
  const module = wasm instanceof WebAssembly.Module ? wasm : new WebAssembly.Module(wasm);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // WebAssembly exports have no static types.
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
