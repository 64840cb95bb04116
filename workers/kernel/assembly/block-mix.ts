// scryptBlockMix (RFC 7914, section 4) on Salsa20/8 (section 3) in vectors, for up to four hashes in step.
//
// A 64-byte block is kept as four vectors of diagonals: word i of the kernel's block is word 5i mod 16 of the
// RFC's. A quarter of a column round is then one vector operation.

/** x ^ ((y + z) <<< k) in every lane. WebAssembly has no vector rotate; the last xor joins the two shifts. */
@inline
function turn(x: v128, y: v128, z: v128, k: i32): v128 {
  const sum = i32x4.add(y, z);
  return v128.xor(v128.xor(x, i32x4.shl(sum, k)), i32x4.shr_u(sum, 32 - k));
}

@inline
function right1(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 3, 0, 1, 2);
}

@inline
function right2(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 2, 3, 0, 1);
}

@inline
function right3(x: v128): v128 {
  return v128.shuffle<i32>(x, x, 1, 2, 3, 0);
}

/** A vector of the input: B, or B ^ V_j. The xor is outside the dependency chain of Salsa20/8. */
@inline
function input(mixed: bool, B: usize, V: usize, row: usize): v128 {
  return mixed ? v128.xor(v128.load(B + row), v128.load(V + row)) : v128.load(B + row);
}

@inline
function put(out: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  v128.store(out, x0);
  v128.store(out, x1, 16);
  v128.store(out, x2, 32);
  v128.store(out, x3, 48);
}

@inline
function plus(x: v128, out: usize, row: usize): v128 {
  return i32x4.add(x, v128.load(out + row));
}

/**
 * Computes one BlockMix of 2r blocks from B to Out for each of `lanes` hashes, a to d; of B ^ V when `mixed`
 * is set. `lanes` and `mixed` are constants at every call, so that unused code is not compiled. Variables of
 * unused lanes copy those of lane a and are never read.
 *
 * One Salsa20/8 is a chain of dependent operations, which leaves most vector units idle. Chains of other
 * hashes fill them. CPU ms for each hash of 64 MiB, with 1, 2, 3 and 4 in step: 137, 71, 50, 42 on Zen 5.
 * Five need more than the sixteen vector registers, and take 43. Measured without gain: two hashes in one
 * vector, scalar hashes in step with vector ones, a separate pass for B ^ V_j, a loop over the double rounds.
 */
@inline
export function blockMix(
  lanes: i32, mixed: bool, r: u32,
  aB: usize, aV: usize, aOut: usize,
  bB: usize, bV: usize, bOut: usize,
  cB: usize, cV: usize, cOut: usize,
  dB: usize, dV: usize, dOut: usize,
): void {
  const half = <usize>r << 6;
  const last = (half << 1) - 64;
  const end = aB + last + 64;

  let a0 = input(mixed, aB + last, aV + last, 0);
  let a1 = input(mixed, aB + last, aV + last, 16);
  let a2 = input(mixed, aB + last, aV + last, 32);
  let a3 = input(mixed, aB + last, aV + last, 48);
  let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
  if (lanes > 1) {
    b0 = input(mixed, bB + last, bV + last, 0);
    b1 = input(mixed, bB + last, bV + last, 16);
    b2 = input(mixed, bB + last, bV + last, 32);
    b3 = input(mixed, bB + last, bV + last, 48);
  }
  let c0 = a0, c1 = a1, c2 = a2, c3 = a3;
  if (lanes > 2) {
    c0 = input(mixed, cB + last, cV + last, 0);
    c1 = input(mixed, cB + last, cV + last, 16);
    c2 = input(mixed, cB + last, cV + last, 32);
    c3 = input(mixed, cB + last, cV + last, 48);
  }
  let d0 = a0, d1 = a1, d2 = a2, d3 = a3;
  if (lanes > 3) {
    d0 = input(mixed, dB + last, dV + last, 0);
    d1 = input(mixed, dB + last, dV + last, 16);
    d2 = input(mixed, dB + last, dV + last, 32);
    d3 = input(mixed, dB + last, dV + last, 48);
  }

  // The address of V_j in 64 MiB is known only now. Requesting all its lines before waiting for any overlaps
  // their cache misses: 5 % of a pair, 1 to 2 % of a single hash. Requesting some only disturbs prefetching.
  if (mixed) {
    for (let line: usize = 0; line < last; line += 64) {
      load<u32>(aV + line);
      if (lanes > 1) load<u32>(bV + line);
      if (lanes > 2) load<u32>(cV + line);
      if (lanes > 3) load<u32>(dV + line);
    }
  }

  let step = half;
  while (aB != end) {
    a0 = v128.xor(a0, input(mixed, aB, aV, 0));
    a1 = v128.xor(a1, input(mixed, aB, aV, 16));
    a2 = v128.xor(a2, input(mixed, aB, aV, 32));
    a3 = v128.xor(a3, input(mixed, aB, aV, 48));
    put(aOut, a0, a1, a2, a3);
    if (lanes > 1) {
      b0 = v128.xor(b0, input(mixed, bB, bV, 0));
      b1 = v128.xor(b1, input(mixed, bB, bV, 16));
      b2 = v128.xor(b2, input(mixed, bB, bV, 32));
      b3 = v128.xor(b3, input(mixed, bB, bV, 48));
      put(bOut, b0, b1, b2, b3);
    } else {
      b0 = a0; b1 = a1; b2 = a2; b3 = a3;
    }
    if (lanes > 2) {
      c0 = v128.xor(c0, input(mixed, cB, cV, 0));
      c1 = v128.xor(c1, input(mixed, cB, cV, 16));
      c2 = v128.xor(c2, input(mixed, cB, cV, 32));
      c3 = v128.xor(c3, input(mixed, cB, cV, 48));
      put(cOut, c0, c1, c2, c3);
    } else {
      c0 = a0; c1 = a1; c2 = a2; c3 = a3;
    }
    if (lanes > 3) {
      d0 = v128.xor(d0, input(mixed, dB, dV, 0));
      d1 = v128.xor(d1, input(mixed, dB, dV, 16));
      d2 = v128.xor(d2, input(mixed, dB, dV, 32));
      d3 = v128.xor(d3, input(mixed, dB, dV, 48));
      put(dOut, d0, d1, d2, d3);
    } else {
      d0 = a0; d1 = a1; d2 = a2; d3 = a3;
    }

    a1 = turn(a1, a0, a3, 7);  b1 = turn(b1, b0, b3, 7);  c1 = turn(c1, c0, c3, 7);  d1 = turn(d1, d0, d3, 7);
    a2 = turn(a2, a1, a0, 9);  b2 = turn(b2, b1, b0, 9);  c2 = turn(c2, c1, c0, 9);  d2 = turn(d2, d1, d0, 9);
    a3 = turn(a3, a2, a1, 13);  b3 = turn(b3, b2, b1, 13);  c3 = turn(c3, c2, c1, 13);  d3 = turn(d3, d2, d1, 13);
    a1 = right1(a1);  b1 = right1(b1);  c1 = right1(c1);  d1 = right1(d1);
    a0 = turn(a0, a3, a2, 18);  b0 = turn(b0, b3, b2, 18);  c0 = turn(c0, c3, c2, 18);  d0 = turn(d0, d3, d2, 18);
    a2 = right2(a2); a3 = right3(a3);  b2 = right2(b2); b3 = right3(b3);
    c2 = right2(c2); c3 = right3(c3);  d2 = right2(d2); d3 = right3(d3);
    a3 = turn(a3, a0, a1, 7);  b3 = turn(b3, b0, b1, 7);  c3 = turn(c3, c0, c1, 7);  d3 = turn(d3, d0, d1, 7);
    a2 = turn(a2, a3, a0, 9);  b2 = turn(b2, b3, b0, 9);  c2 = turn(c2, c3, c0, 9);  d2 = turn(d2, d3, d0, 9);
    a1 = turn(a1, a2, a3, 13);  b1 = turn(b1, b2, b3, 13);  c1 = turn(c1, c2, c3, 13);  d1 = turn(d1, d2, d3, 13);
    a3 = right1(a3);  b3 = right1(b3);  c3 = right1(c3);  d3 = right1(d3);
    a0 = turn(a0, a1, a2, 18);  b0 = turn(b0, b1, b2, 18);  c0 = turn(c0, c1, c2, 18);  d0 = turn(d0, d1, d2, 18);
    a2 = right2(a2); a1 = right3(a1);  b2 = right2(b2); b1 = right3(b1);
    c2 = right2(c2); c1 = right3(c1);  d2 = right2(d2); d1 = right3(d1);

    a1 = turn(a1, a0, a3, 7);  b1 = turn(b1, b0, b3, 7);  c1 = turn(c1, c0, c3, 7);  d1 = turn(d1, d0, d3, 7);
    a2 = turn(a2, a1, a0, 9);  b2 = turn(b2, b1, b0, 9);  c2 = turn(c2, c1, c0, 9);  d2 = turn(d2, d1, d0, 9);
    a3 = turn(a3, a2, a1, 13);  b3 = turn(b3, b2, b1, 13);  c3 = turn(c3, c2, c1, 13);  d3 = turn(d3, d2, d1, 13);
    a1 = right1(a1);  b1 = right1(b1);  c1 = right1(c1);  d1 = right1(d1);
    a0 = turn(a0, a3, a2, 18);  b0 = turn(b0, b3, b2, 18);  c0 = turn(c0, c3, c2, 18);  d0 = turn(d0, d3, d2, 18);
    a2 = right2(a2); a3 = right3(a3);  b2 = right2(b2); b3 = right3(b3);
    c2 = right2(c2); c3 = right3(c3);  d2 = right2(d2); d3 = right3(d3);
    a3 = turn(a3, a0, a1, 7);  b3 = turn(b3, b0, b1, 7);  c3 = turn(c3, c0, c1, 7);  d3 = turn(d3, d0, d1, 7);
    a2 = turn(a2, a3, a0, 9);  b2 = turn(b2, b3, b0, 9);  c2 = turn(c2, c3, c0, 9);  d2 = turn(d2, d3, d0, 9);
    a1 = turn(a1, a2, a3, 13);  b1 = turn(b1, b2, b3, 13);  c1 = turn(c1, c2, c3, 13);  d1 = turn(d1, d2, d3, 13);
    a3 = right1(a3);  b3 = right1(b3);  c3 = right1(c3);  d3 = right1(d3);
    a0 = turn(a0, a1, a2, 18);  b0 = turn(b0, b1, b2, 18);  c0 = turn(c0, c1, c2, 18);  d0 = turn(d0, d1, d2, 18);
    a2 = right2(a2); a1 = right3(a1);  b2 = right2(b2); b1 = right3(b1);
    c2 = right2(c2); c1 = right3(c1);  d2 = right2(d2); d1 = right3(d1);

    a1 = turn(a1, a0, a3, 7);  b1 = turn(b1, b0, b3, 7);  c1 = turn(c1, c0, c3, 7);  d1 = turn(d1, d0, d3, 7);
    a2 = turn(a2, a1, a0, 9);  b2 = turn(b2, b1, b0, 9);  c2 = turn(c2, c1, c0, 9);  d2 = turn(d2, d1, d0, 9);
    a3 = turn(a3, a2, a1, 13);  b3 = turn(b3, b2, b1, 13);  c3 = turn(c3, c2, c1, 13);  d3 = turn(d3, d2, d1, 13);
    a1 = right1(a1);  b1 = right1(b1);  c1 = right1(c1);  d1 = right1(d1);
    a0 = turn(a0, a3, a2, 18);  b0 = turn(b0, b3, b2, 18);  c0 = turn(c0, c3, c2, 18);  d0 = turn(d0, d3, d2, 18);
    a2 = right2(a2); a3 = right3(a3);  b2 = right2(b2); b3 = right3(b3);
    c2 = right2(c2); c3 = right3(c3);  d2 = right2(d2); d3 = right3(d3);
    a3 = turn(a3, a0, a1, 7);  b3 = turn(b3, b0, b1, 7);  c3 = turn(c3, c0, c1, 7);  d3 = turn(d3, d0, d1, 7);
    a2 = turn(a2, a3, a0, 9);  b2 = turn(b2, b3, b0, 9);  c2 = turn(c2, c3, c0, 9);  d2 = turn(d2, d3, d0, 9);
    a1 = turn(a1, a2, a3, 13);  b1 = turn(b1, b2, b3, 13);  c1 = turn(c1, c2, c3, 13);  d1 = turn(d1, d2, d3, 13);
    a3 = right1(a3);  b3 = right1(b3);  c3 = right1(c3);  d3 = right1(d3);
    a0 = turn(a0, a1, a2, 18);  b0 = turn(b0, b1, b2, 18);  c0 = turn(c0, c1, c2, 18);  d0 = turn(d0, d1, d2, 18);
    a2 = right2(a2); a1 = right3(a1);  b2 = right2(b2); b1 = right3(b1);
    c2 = right2(c2); c1 = right3(c1);  d2 = right2(d2); d1 = right3(d1);

    a1 = turn(a1, a0, a3, 7);  b1 = turn(b1, b0, b3, 7);  c1 = turn(c1, c0, c3, 7);  d1 = turn(d1, d0, d3, 7);
    a2 = turn(a2, a1, a0, 9);  b2 = turn(b2, b1, b0, 9);  c2 = turn(c2, c1, c0, 9);  d2 = turn(d2, d1, d0, 9);
    a3 = turn(a3, a2, a1, 13);  b3 = turn(b3, b2, b1, 13);  c3 = turn(c3, c2, c1, 13);  d3 = turn(d3, d2, d1, 13);
    a1 = right1(a1);  b1 = right1(b1);  c1 = right1(c1);  d1 = right1(d1);
    a0 = turn(a0, a3, a2, 18);  b0 = turn(b0, b3, b2, 18);  c0 = turn(c0, c3, c2, 18);  d0 = turn(d0, d3, d2, 18);
    a2 = right2(a2); a3 = right3(a3);  b2 = right2(b2); b3 = right3(b3);
    c2 = right2(c2); c3 = right3(c3);  d2 = right2(d2); d3 = right3(d3);
    a3 = turn(a3, a0, a1, 7);  b3 = turn(b3, b0, b1, 7);  c3 = turn(c3, c0, c1, 7);  d3 = turn(d3, d0, d1, 7);
    a2 = turn(a2, a3, a0, 9);  b2 = turn(b2, b3, b0, 9);  c2 = turn(c2, c3, c0, 9);  d2 = turn(d2, d3, d0, 9);
    a1 = turn(a1, a2, a3, 13);  b1 = turn(b1, b2, b3, 13);  c1 = turn(c1, c2, c3, 13);  d1 = turn(d1, d2, d3, 13);
    a3 = right1(a3);  b3 = right1(b3);  c3 = right1(c3);  d3 = right1(d3);
    a0 = turn(a0, a1, a2, 18);  b0 = turn(b0, b1, b2, 18);  c0 = turn(c0, c1, c2, 18);  d0 = turn(d0, d1, d2, 18);
    a2 = right2(a2); a1 = right3(a1);  b2 = right2(b2); b1 = right3(b1);
    c2 = right2(c2); c1 = right3(c1);  d2 = right2(d2); d1 = right3(d1);

    // The input of Salsa20/8 is kept at the address of its result, to save registers.
    a0 = plus(a0, aOut, 0); a1 = plus(a1, aOut, 16); a2 = plus(a2, aOut, 32); a3 = plus(a3, aOut, 48);
    put(aOut, a0, a1, a2, a3);
    if (lanes > 1) {
      b0 = plus(b0, bOut, 0); b1 = plus(b1, bOut, 16); b2 = plus(b2, bOut, 32); b3 = plus(b3, bOut, 48);
      put(bOut, b0, b1, b2, b3);
    }
    if (lanes > 2) {
      c0 = plus(c0, cOut, 0); c1 = plus(c1, cOut, 16); c2 = plus(c2, cOut, 32); c3 = plus(c3, cOut, 48);
      put(cOut, c0, c1, c2, c3);
    }
    if (lanes > 3) {
      d0 = plus(d0, dOut, 0); d1 = plus(d1, dOut, 16); d2 = plus(d2, dOut, 32); d3 = plus(d3, dOut, 48);
      put(dOut, d0, d1, d2, d3);
    }

    aB += 64; aV += 64; aOut += step;
    bB += 64; bV += 64; bOut += step;
    cB += 64; cV += 64; cOut += step;
    dB += 64; dV += 64; dOut += step;
    // Alternates between the odd half and the next block of the even half.
    step = 64 - step;
  }
}
