// scryptBlockMix (RFC 7914, section 4) on Salsa20/8 (section 3), for one hash or for two at once.
//
// A 64-byte block is kept as four vectors of diagonals: word i of the kernel's block is word 5i mod 16
// of the RFC's. A quarter of a column round is then one vector operation, and the turn to the row round
// three rotations of lanes. Blocks change layout once on the way in and once on the way out (layout.ts).

/** x ^ ((y + z) <<< k), in every lane. V8 offers no vector rotate, and the last xor joins the two shifts. */
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

/** A vector of the input: B, or B ^ V_j. That xor comes first, off the chain that runs through Salsa20/8. */
@inline
function input(mixed: bool, B: usize, V: usize, row: usize): v128 {
  return mixed ? v128.xor(v128.load(B + row), v128.load(V + row)) : v128.load(B + row);
}

/**
 * One BlockMix of 2r blocks from `aB` to `aOut`, and when `two` is set another from `bB` to `bOut`; of
 * B ^ V when `mixed` is set. Output goes straight to its place, even blocks in front. `two` and `mixed`
 * are constants at every call, and what they exclude is not compiled: a single hash has no trace of b.
 *
 * One Salsa20/8 is a chain of additions, shifts and xors that each wait for the one before, and leaves
 * more than half of the core's vector units idle. A second, independent chain costs a fifth more time:
 * 43 ns for both against 36 ns for one (Zen 4, 3.7 GHz). gcc -O2 -mavx needs the same for the same
 * algorithm, so there is nothing left to gain from the order of instructions. V8 puts that in order itself,
 * whatever the order here. Tried and slower: both hashes in one vector, which saves a third of the lane
 * rotations (46 ns), and a separate pass for B ^ V_j.
 */
@inline
export function blockMix(
  two: bool, mixed: bool, r: u32,
  aB: usize, aV: usize, aOut: usize,
  bB: usize, bV: usize, bOut: usize,
): void {
  const half = <usize>r << 6;
  const last = (half << 1) - 64;
  const end = aB + last + 64;

  let a0 = input(mixed, aB + last, aV + last, 0);
  let a1 = input(mixed, aB + last, aV + last, 16);
  let a2 = input(mixed, aB + last, aV + last, 32);
  let a3 = input(mixed, aB + last, aV + last, 48);
  let b0 = a0, b1 = a1, b2 = a2, b3 = a3;
  if (two) {
    b0 = input(mixed, bB + last, bV + last, 0);
    b1 = input(mixed, bB + last, bV + last, 16);
    b2 = input(mixed, bB + last, bV + last, 32);
    b3 = input(mixed, bB + last, bV + last, 48);
  }

  // V_j is anywhere in 64 MiB, and where is known only now. Asking for all its lines before waiting for any
  // lets their cache misses overlap: 5 % of a pair, 1 to 2 % of a single hash. The last block, which is
  // needed first, was asked for above. Asking for some of the lines only is slower than asking for none:
  // it throws the hardware's own prefetcher off.
  if (mixed) {
    for (let line: usize = 0; line < last; line += 64) {
      load<u32>(aV + line);
      if (two) load<u32>(bV + line);
    }
  }

  let step = half;
  while (aB != end) {
    a0 = v128.xor(a0, input(mixed, aB, aV, 0));
    a1 = v128.xor(a1, input(mixed, aB, aV, 16));
    a2 = v128.xor(a2, input(mixed, aB, aV, 32));
    a3 = v128.xor(a3, input(mixed, aB, aV, 48));
    if (two) {
      b0 = v128.xor(b0, input(mixed, bB, bV, 0));
      b1 = v128.xor(b1, input(mixed, bB, bV, 16));
      b2 = v128.xor(b2, input(mixed, bB, bV, 32));
      b3 = v128.xor(b3, input(mixed, bB, bV, 48));
    } else {
      b0 = a0; b1 = a1; b2 = a2; b3 = a3;
    }
    const c0 = a0, c1 = a1, c2 = a2, c3 = a3;
    const d0 = b0, d1 = b1, d2 = b2, d3 = b3;

    // Four double rounds, written out because AssemblyScript does not unroll: a loop costs 1 to 2 %.
    a1 = turn(a1, a0, a3, 7);  b1 = turn(b1, b0, b3, 7);
    a2 = turn(a2, a1, a0, 9);  b2 = turn(b2, b1, b0, 9);
    a3 = turn(a3, a2, a1, 13); a1 = right1(a1);  b3 = turn(b3, b2, b1, 13); b1 = right1(b1);
    a0 = turn(a0, a3, a2, 18); a2 = right2(a2); a3 = right3(a3);
    b0 = turn(b0, b3, b2, 18); b2 = right2(b2); b3 = right3(b3);
    a3 = turn(a3, a0, a1, 7);  b3 = turn(b3, b0, b1, 7);
    a2 = turn(a2, a3, a0, 9);  b2 = turn(b2, b3, b0, 9);
    a1 = turn(a1, a2, a3, 13); a3 = right1(a3);  b1 = turn(b1, b2, b3, 13); b3 = right1(b3);
    a0 = turn(a0, a1, a2, 18); a2 = right2(a2); a1 = right3(a1);
    b0 = turn(b0, b1, b2, 18); b2 = right2(b2); b1 = right3(b1);

    a1 = turn(a1, a0, a3, 7);  b1 = turn(b1, b0, b3, 7);
    a2 = turn(a2, a1, a0, 9);  b2 = turn(b2, b1, b0, 9);
    a3 = turn(a3, a2, a1, 13); a1 = right1(a1);  b3 = turn(b3, b2, b1, 13); b1 = right1(b1);
    a0 = turn(a0, a3, a2, 18); a2 = right2(a2); a3 = right3(a3);
    b0 = turn(b0, b3, b2, 18); b2 = right2(b2); b3 = right3(b3);
    a3 = turn(a3, a0, a1, 7);  b3 = turn(b3, b0, b1, 7);
    a2 = turn(a2, a3, a0, 9);  b2 = turn(b2, b3, b0, 9);
    a1 = turn(a1, a2, a3, 13); a3 = right1(a3);  b1 = turn(b1, b2, b3, 13); b3 = right1(b3);
    a0 = turn(a0, a1, a2, 18); a2 = right2(a2); a1 = right3(a1);
    b0 = turn(b0, b1, b2, 18); b2 = right2(b2); b1 = right3(b1);

    a1 = turn(a1, a0, a3, 7);  b1 = turn(b1, b0, b3, 7);
    a2 = turn(a2, a1, a0, 9);  b2 = turn(b2, b1, b0, 9);
    a3 = turn(a3, a2, a1, 13); a1 = right1(a1);  b3 = turn(b3, b2, b1, 13); b1 = right1(b1);
    a0 = turn(a0, a3, a2, 18); a2 = right2(a2); a3 = right3(a3);
    b0 = turn(b0, b3, b2, 18); b2 = right2(b2); b3 = right3(b3);
    a3 = turn(a3, a0, a1, 7);  b3 = turn(b3, b0, b1, 7);
    a2 = turn(a2, a3, a0, 9);  b2 = turn(b2, b3, b0, 9);
    a1 = turn(a1, a2, a3, 13); a3 = right1(a3);  b1 = turn(b1, b2, b3, 13); b3 = right1(b3);
    a0 = turn(a0, a1, a2, 18); a2 = right2(a2); a1 = right3(a1);
    b0 = turn(b0, b1, b2, 18); b2 = right2(b2); b1 = right3(b1);

    a1 = turn(a1, a0, a3, 7);  b1 = turn(b1, b0, b3, 7);
    a2 = turn(a2, a1, a0, 9);  b2 = turn(b2, b1, b0, 9);
    a3 = turn(a3, a2, a1, 13); a1 = right1(a1);  b3 = turn(b3, b2, b1, 13); b1 = right1(b1);
    a0 = turn(a0, a3, a2, 18); a2 = right2(a2); a3 = right3(a3);
    b0 = turn(b0, b3, b2, 18); b2 = right2(b2); b3 = right3(b3);
    a3 = turn(a3, a0, a1, 7);  b3 = turn(b3, b0, b1, 7);
    a2 = turn(a2, a3, a0, 9);  b2 = turn(b2, b3, b0, 9);
    a1 = turn(a1, a2, a3, 13); a3 = right1(a3);  b1 = turn(b1, b2, b3, 13); b3 = right1(b3);
    a0 = turn(a0, a1, a2, 18); a2 = right2(a2); a1 = right3(a1);
    b0 = turn(b0, b1, b2, 18); b2 = right2(b2); b1 = right3(b1);

    a0 = i32x4.add(a0, c0);
    a1 = i32x4.add(a1, c1);
    a2 = i32x4.add(a2, c2);
    a3 = i32x4.add(a3, c3);
    v128.store(aOut, a0);
    v128.store(aOut, a1, 16);
    v128.store(aOut, a2, 32);
    v128.store(aOut, a3, 48);
    if (two) {
      b0 = i32x4.add(b0, d0);
      b1 = i32x4.add(b1, d1);
      b2 = i32x4.add(b2, d2);
      b3 = i32x4.add(b3, d3);
      v128.store(bOut, b0);
      v128.store(bOut, b1, 16);
      v128.store(bOut, b2, 32);
      v128.store(bOut, b3, 48);
    }

    aB += 64;
    bB += 64;
    aV += 64;
    bV += 64;
    aOut += step;
    bOut += step;
    // Forward to the odd half, back to the next of the even half.
    step = 64 - step;
  }
}
