// scryptROMix (RFC 7914, section 5) in WebAssembly with 128-bit SIMD, for one hash or up to four at once.
//
// The caller owns the memory and passes addresses. A slot is the memory of one hash:
//   X     128·r bytes      the block being mixed
//   Y     128·r bytes      the block in every other step; also input and output B
//   V     128·r·N bytes

import { blockMix } from './block-mix';
import { blockMixScalar } from './block-mix-scalar';
import { fromDiagonals, toDiagonals } from './layout';

export { iterateFour, iterateOne, sha256Block } from './pbkdf2';

// Each function is called twice, so that the compiler does not inline it: V8 replaces baseline code by
// optimised code at calls only. In a single long loop the first hash would run in baseline code.

function fillScalar(r: u32, B: usize, out: usize): void {
  blockMixScalar(false, r, B, 0, out);
}

function mixScalar(r: u32, B: usize, V: usize, out: usize): void {
  blockMixScalar(true, r, B, V, out);
}

function fillOne(r: u32, aB: usize, aOut: usize): void {
  blockMix(1, false, r, aB, 0, aOut, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

function mixOne(r: u32, aB: usize, aV: usize, aOut: usize): void {
  blockMix(1, true, r, aB, aV, aOut, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

function fillTwo(r: u32, aB: usize, aOut: usize, bB: usize, bOut: usize): void {
  blockMix(2, false, r, aB, 0, aOut, bB, 0, bOut, 0, 0, 0, 0, 0, 0);
}

function mixTwo(r: u32, aB: usize, aV: usize, aOut: usize, bB: usize, bV: usize, bOut: usize): void {
  blockMix(2, true, r, aB, aV, aOut, bB, bV, bOut, 0, 0, 0, 0, 0, 0);
}

function fillThree(r: u32, aB: usize, aOut: usize, bB: usize, bOut: usize, cB: usize, cOut: usize): void {
  blockMix(3, false, r, aB, 0, aOut, bB, 0, bOut, cB, 0, cOut, 0, 0, 0);
}

function mixThree(
  r: u32,
  aB: usize, aV: usize, aOut: usize, bB: usize, bV: usize, bOut: usize, cB: usize, cV: usize, cOut: usize,
): void {
  blockMix(3, true, r, aB, aV, aOut, bB, bV, bOut, cB, cV, cOut, 0, 0, 0);
}

function fillFour(
  r: u32,
  aB: usize, aOut: usize, bB: usize, bOut: usize, cB: usize, cOut: usize, dB: usize, dOut: usize,
): void {
  blockMix(4, false, r, aB, 0, aOut, bB, 0, bOut, cB, 0, cOut, dB, 0, dOut);
}

function mixFour(
  r: u32,
  aB: usize, aV: usize, aOut: usize, bB: usize, bV: usize, bOut: usize,
  cB: usize, cV: usize, cOut: usize, dB: usize, dV: usize, dOut: usize,
): void {
  blockMix(4, true, r, aB, aV, aOut, bB, bV, bOut, cB, cV, cOut, dB, dV, dOut);
}

/** Returns the address of V_j, j = Integerify(B) mod N. Both layouts have word 0 first. N has 32 bits. */
@inline
function pick(B: usize, V: usize, size: usize, N: u32): usize {
  return V + <usize>(load<u32>(B + size - 64) & (N - 1)) * size;
}

/** scryptROMix of the 128·r bytes at Y, in place, in scalar operations. N is a power of two above 1. */
export function romixScalar(slot: usize, N: u32, r: u32): void {
  const size = <usize>r << 7;
  const X = slot, Y = X + size, V = Y + size;
  memory.copy(V, Y, size);
  let block = V;
  for (let i: u32 = 1; i < N; i++, block += size) fillScalar(r, block, block + size);
  fillScalar(r, block, X);
  for (let i: u32 = 0; i < N; i += 2) {
    mixScalar(r, X, pick(X, V, size, N), Y);
    mixScalar(r, Y, pick(Y, V, size, N), X);
  }
  memory.copy(Y, X, size);
}

export function romixOne(slot: usize, N: u32, r: u32): void {
  const size = <usize>r << 7;
  const X = slot, Y = X + size, V = Y + size;
  toDiagonals(Y, V, size);
  let a = V;
  for (let i: u32 = 1; i < N; i++, a += size) fillOne(r, a, a + size);
  fillOne(r, a, X);
  for (let i: u32 = 0; i < N; i += 2) {
    mixOne(r, X, pick(X, V, size, N), Y);
    mixOne(r, Y, pick(Y, V, size, N), X);
  }
  fromDiagonals(X, Y, size);
}

/** scryptROMix of the 128·r bytes at Y of each slot, in step, in vectors; also for three and four below. */
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
    mixTwo(r, aX, pick(aX, aV, size, N), aY, bX, pick(bX, bV, size, N), bY);
    mixTwo(r, aY, pick(aY, aV, size, N), aX, bY, pick(bY, bV, size, N), bX);
  }
  fromDiagonals(aX, aY, size);
  fromDiagonals(bX, bY, size);
}

export function romixThree(slotA: usize, slotB: usize, slotC: usize, N: u32, r: u32): void {
  const size = <usize>r << 7;
  const aX = slotA, aY = aX + size, aV = aY + size;
  const bX = slotB, bY = bX + size, bV = bY + size;
  const cX = slotC, cY = cX + size, cV = cY + size;
  toDiagonals(aY, aV, size);
  toDiagonals(bY, bV, size);
  toDiagonals(cY, cV, size);
  let a = aV, b = bV, c = cV;
  for (let i: u32 = 1; i < N; i++, a += size, b += size, c += size) {
    fillThree(r, a, a + size, b, b + size, c, c + size);
  }
  fillThree(r, a, aX, b, bX, c, cX);
  for (let i: u32 = 0; i < N; i += 2) {
    mixThree(
      r, aX, pick(aX, aV, size, N), aY, bX, pick(bX, bV, size, N), bY, cX, pick(cX, cV, size, N), cY,
    );
    mixThree(
      r, aY, pick(aY, aV, size, N), aX, bY, pick(bY, bV, size, N), bX, cY, pick(cY, cV, size, N), cX,
    );
  }
  fromDiagonals(aX, aY, size);
  fromDiagonals(bX, bY, size);
  fromDiagonals(cX, cY, size);
}

export function romixFour(slotA: usize, slotB: usize, slotC: usize, slotD: usize, N: u32, r: u32): void {
  const size = <usize>r << 7;
  const aX = slotA, aY = aX + size, aV = aY + size;
  const bX = slotB, bY = bX + size, bV = bY + size;
  const cX = slotC, cY = cX + size, cV = cY + size;
  const dX = slotD, dY = dX + size, dV = dY + size;
  toDiagonals(aY, aV, size);
  toDiagonals(bY, bV, size);
  toDiagonals(cY, cV, size);
  toDiagonals(dY, dV, size);
  let a = aV, b = bV, c = cV, d = dV;
  for (let i: u32 = 1; i < N; i++, a += size, b += size, c += size, d += size) {
    fillFour(r, a, a + size, b, b + size, c, c + size, d, d + size);
  }
  fillFour(r, a, aX, b, bX, c, cX, d, dX);
  for (let i: u32 = 0; i < N; i += 2) {
    mixFour(
      r, aX, pick(aX, aV, size, N), aY, bX, pick(bX, bV, size, N), bY,
      cX, pick(cX, cV, size, N), cY, dX, pick(dX, dV, size, N), dY,
    );
    mixFour(
      r, aY, pick(aY, aV, size, N), aX, bY, pick(bY, bV, size, N), bX,
      cY, pick(cY, cV, size, N), cX, dY, pick(dY, dV, size, N), dX,
    );
  }
  fromDiagonals(aX, aY, size);
  fromDiagonals(bX, bY, size);
  fromDiagonals(cX, cY, size);
  fromDiagonals(dX, dY, size);
}

/** The contents of a slot reveal the result of its hash. 64 MiB take 1 ms. */
export function wipe(start: usize, length: usize): void {
  memory.fill(start, 0, length);
}
