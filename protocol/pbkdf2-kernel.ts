import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { ScryptInput } from './scrypt-parameters.js';

/** Exports of workers/kernel/assembly/pbkdf2.ts. Addresses are in bytes. */
export interface Pbkdf2Exports {
  sha256Block(at: number): void;
  iterateOne(at: number, count: number): void;
  iterateFour(at: number, count: number): void;
}

export const PBKDF2_BYTES = 2048;

const primes = (count: number): number[] => {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
};
/** The first 32 bits of the fractional part, exact for the roots of small primes. */
const fraction = (root: number) => Math.floor((root % 1) * 2 ** 32);
/** FIPS 180-4, sections 4.2.2 and 5.3.3. */
const K = Uint32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const INITIAL_H = Uint32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

/**
 * Computes PBKDF2-HMAC-SHA256 (RFC 8018, section 5.2) for one to four passwords in step, 32 bytes each.
 * @param at address of PBKDF2_BYTES of `memory`, which are wiped
 * @param c iterations
 */
export function pbkdf2Group(
  kernel: Pbkdf2Exports,
  memory: WebAssembly.Memory,
  at: number,
  inputs: readonly ScryptInput[],
  c: number,
): Uint8Array[] {
  const words = new Uint32Array(memory.buffer, at, PBKDF2_BYTES / 4);
  const lanes = inputs.length === 1 ? 1 : 4;
  const states: Uint32Array[] = [];
  const firstBlocks: Uint8Array[] = [];
  try {
    words.set(K);
    for (const { password, salt } of inputs) {
      states.push(...computeStates(kernel, words, at, password));
      firstBlocks.push(hmac(sha256, password, Uint8Array.from([...salt, 0, 0, 0, 1])));
    }
    // After K, each lane has inner, outer, U and T, of 8 words each.
    const place = (array: number, i: number, lane: number) => 64 + (8 * array + i) * lanes + lane;
    for (let lane = 0; lane < lanes; lane++) {
      // Unused lanes compute the last input again.
      const input = Math.min(lane, inputs.length - 1);
      const U = new DataView((firstBlocks[input] as Uint8Array).buffer);
      for (let i = 0; i < 8; i++) {
        words[place(0, i, lane)] = (states[2 * input] as Uint32Array)[i] as number;
        words[place(1, i, lane)] = (states[2 * input + 1] as Uint32Array)[i] as number;
        words[place(2, i, lane)] = words[place(3, i, lane)] = U.getUint32(4 * i);
      }
    }
    if (lanes === 1) kernel.iterateOne(at, c - 1);
    else kernel.iterateFour(at, c - 1);
    return inputs.map((_, lane) => {
      const key = new Uint8Array(32);
      const view = new DataView(key.buffer);
      for (let i = 0; i < 8; i++) view.setUint32(4 * i, words[place(3, i, lane)] as number);
      return key;
    });
  } finally {
    words.fill(0);
    for (const secret of [...states, ...firstBlocks]) secret.fill(0);
  }
}

/** HMAC's states after its inner and its outer key block. */
function computeStates(
  { sha256Block }: Pbkdf2Exports,
  words: Uint32Array,
  at: number,
  password: Uint8Array,
): [Uint32Array, Uint32Array] {
  const key = new Uint8Array(64);
  const hashed = password.length > 64 ? sha256(password) : undefined;
  key.set(hashed ?? password);
  const bytes = new DataView(key.buffer);
  const [inner, outer] = [0x36363636, 0x5c5c5c5c].map((pad) => {
    for (let i = 0; i < 16; i++) words[96 + i] = bytes.getUint32(4 * i) ^ pad;
    words.set(INITIAL_H, 64);
    sha256Block(at);
    return words.slice(64, 72);
  });
  key.fill(0);
  hashed?.fill(0);
  return [inner as Uint32Array, outer as Uint32Array];
}
