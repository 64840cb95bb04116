/** scrypt's cost (RFC 7914, section 2): N a power of two, r the block size in units of 128 bytes, p lanes. */
export interface ScryptParameters {
  N: number;
  r: number;
  p: number;
}

/** The input of one hash. The kernel keeps neither value; the caller wipes them. */
export interface ScryptInput {
  password: Uint8Array;
  salt: Uint8Array;
}

const MAX_N = 65536;
const MAX_R = 32;
const MAX_P = 16;
const MAX_V_BYTES = 64 * 1024 * 1024;
const MAX_DK_BYTES = 1024;

/** A page of WebAssembly memory. */
export const PAGE_BYTES = 65536;

/** Maximum number of hashes in step. */
export const MAX_GROUP = 4;

/** Distance between slots, for the largest hash: threads that share memory may use different parameters. */
export const SLOT_BYTES = MAX_V_BYTES + 2 * 128 * MAX_R;

/** Maximum number of slots in a memory: WebAssembly addresses 4 GiB. */
export const MAX_SLOTS = Math.floor(2 ** 32 / SLOT_BYTES);

/** Memory of one hash in bytes: X, Y and V, as workers/kernel/assembly/scrypt.ts lays them out. */
export function slotBytes(N: number, r: number): number {
  return 128 * r * (N + 2);
}

/** @throws RangeError that names the parameter and its limit */
export function checkParameters({ N, r, p }: ScryptParameters, dkLen: number): void {
  checkInteger('N', N, 2, MAX_N);
  if ((N & (N - 1)) !== 0) throw new RangeError(`N must be a power of two, not ${N}`);
  checkInteger('r', r, 1, MAX_R);
  checkInteger('p', p, 1, MAX_P);
  checkInteger('dkLen', dkLen, 1, MAX_DK_BYTES);
  if (128 * N * r > MAX_V_BYTES) {
    throw new RangeError(`128·N·r must be at most ${MAX_V_BYTES} bytes, not ${128 * N * r}`);
  }
}

/** @throws RangeError unless there are one to four inputs, each with a slot of its own */
export function checkGroup(inputs: readonly ScryptInput[], slots: readonly number[]): void {
  checkInteger('the number of inputs', inputs.length, 1, MAX_GROUP);
  for (const slot of slots) checkInteger('a slot', slot, 0, MAX_SLOTS - 1);
  if (new Set(slots).size !== inputs.length || slots.length !== inputs.length) {
    throw new RangeError(`${inputs.length} inputs need a slot each, not ${slots.join(', ')}`);
  }
}

/** @throws TypeError that names the argument that is not a byte array */
export function checkInput(input: ScryptInput): void {
  for (const name of ['password', 'salt'] as const) {
    if (!(input[name] instanceof Uint8Array)) throw new TypeError(`${name} must be a Uint8Array`);
  }
}

function checkInteger(name: string, value: number, least: number, most: number) {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name} must be an integer from ${least} to ${most}, not ${value}`);
  }
}
