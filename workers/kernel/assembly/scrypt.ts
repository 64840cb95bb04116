// scryptROMix (RFC 7914, section 5) in WebAssembly with 128-bit SIMD, for one hash or two at once.
//
// The caller owns the memory and says where things are. A slot is what one hash needs, in this order:
//   X     128·r bytes      the block being mixed
//   Y     128·r bytes      its other half of the time; also where B comes in and goes out
//   V     128·r·N bytes
//
// PBKDF2 is not here, because node:crypto is faster at it: 20000 rounds take it 3.9 ms with the SHA
// extensions of the processor, and took SHA-256 in WebAssembly 6.8 ms, or 11.7 ms for up to four passwords
// in the lanes of one vector, where a pair has only two.

import { blockMix } from './block-mix';
import { fromDiagonals, toDiagonals } from './layout';

// These four stay functions, called twice each so that the compiler does not inline them: V8 swaps baseline
// code for optimised code at calls only. A hash that were one long loop would run its first time in baseline
// code, a third slower alone and half as fast in a pair.

function fillOne(r: u32, aB: usize, aOut: usize): void {
  blockMix(false, false, r, aB, 0, aOut, 0, 0, 0);
}

function fillTwo(r: u32, aB: usize, aOut: usize, bB: usize, bOut: usize): void {
  blockMix(true, false, r, aB, 0, aOut, bB, 0, bOut);
}

function mixOne(r: u32, aB: usize, aV: usize, aOut: usize): void {
  blockMix(false, true, r, aB, aV, aOut, 0, 0, 0);
}

function mixTwo(r: u32, aB: usize, aV: usize, aOut: usize, bB: usize, bV: usize, bOut: usize): void {
  blockMix(true, true, r, aB, aV, aOut, bB, bV, bOut);
}

/** Integerify(B) mod N. Word 0 is where it was in either layout, and N has at most 32 bits. */
@inline
function integerify(B: usize, size: usize, N: u32): usize {
  return <usize>(load<u32>(B + size - 64) & (N - 1));
}

/**
 * scryptROMix of the 128·r bytes at Y of the slot, in place.
 * @param N a power of two, at least 2
 */
export function romixOne(slot: usize, N: u32, r: u32): void {
  const size = <usize>r << 7;
  const X = slot, Y = X + size, V = Y + size;
  toDiagonals(Y, V, size);
  let block = V;
  for (let i: u32 = 1; i < N; i++, block += size) fillOne(r, block, block + size);
  fillOne(r, block, X);
  for (let i: u32 = 0; i < N; i += 2) {
    mixOne(r, X, V + integerify(X, size, N) * size, Y);
    mixOne(r, Y, V + integerify(Y, size, N) * size, X);
  }
  fromDiagonals(X, Y, size);
}

/** scryptROMix of the 128·r bytes at Y of each of two slots, in place, in step with one another. */
export function romixTwo(slotA: usize, slotB: usize, N: u32, r: u32): void {
  const size = <usize>r << 7;
  const aX = slotA, aY = aX + size, aV = aY + size;
  const bX = slotB, bY = bX + size, bV = bY + size;
  toDiagonals(aY, aV, size);
  toDiagonals(bY, bV, size);
  let a = aV, b = bV;
  for (let i: u32 = 1; i < N; i++, a += size, b += size) fillTwo(r, a, a + size, b, b + size);
  fillTwo(r, a, aX, b, bX);
  for (let i: u32 = 0; i < N; i += 2) {
    mixTwo(r, aX, aV + integerify(aX, size, N) * size, aY, bX, bV + integerify(bX, size, N) * size, bY);
    mixTwo(r, aY, aV + integerify(aY, size, N) * size, aX, bY, bV + integerify(bY, size, N) * size, bX);
  }
  fromDiagonals(aX, aY, size);
  fromDiagonals(bX, bY, size);
}

/**
 * Zeroes `length` bytes: what a hash leaves in its slot is as good as its result to whoever finds it.
 * It costs 0.9 ms of 89 ms for one hash of 64 MiB, 1.9 ms of 112 ms for two: 1 to 2 %.
 */
export function wipe(start: usize, length: usize): void {
  memory.fill(start, 0, length);
}
