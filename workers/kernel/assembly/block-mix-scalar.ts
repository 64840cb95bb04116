// scryptBlockMix (RFC 7914, section 4) on Salsa20/8 (section 3) in 32-bit words, for one hash.

/** A word of the input: B, or B ^ V_j. */
@inline
function input(mixed: bool, B: usize, V: usize, word: usize): u32 {
  return mixed ? load<u32>(B + (word << 2)) ^ load<u32>(V + (word << 2)) : load<u32>(B + (word << 2));
}

/**
 * Computes one BlockMix of 2r blocks from B to out; of B ^ V when `mixed` is set, a constant at every call.
 * Output blocks are written in final order, even blocks first.
 *
 * The columns of a round are four chains of operations, which four scalar units run in parallel. This is
 * faster than one hash in vectors if a vector operation takes twice as long as a scalar one (Zen 5: 79
 * against 137 ms of CPU for 64 MiB), and slower if both take one cycle. A quarter of the time is memory
 * latency of V_j. Measured slower: B ^ V_j in vectors, a loop over the double rounds, two hashes in step.
 */
@inline
export function blockMixScalar(mixed: bool, r: u32, B: usize, V: usize, out: usize): void {
  const half = <usize>r << 6;
  const last = (half << 1) - 64;
  const end = B + last + 64;

  let x0 = input(mixed, B + last, V + last, 0), x1 = input(mixed, B + last, V + last, 1);
  let x2 = input(mixed, B + last, V + last, 2), x3 = input(mixed, B + last, V + last, 3);
  let x4 = input(mixed, B + last, V + last, 4), x5 = input(mixed, B + last, V + last, 5);
  let x6 = input(mixed, B + last, V + last, 6), x7 = input(mixed, B + last, V + last, 7);
  let x8 = input(mixed, B + last, V + last, 8), x9 = input(mixed, B + last, V + last, 9);
  let x10 = input(mixed, B + last, V + last, 10), x11 = input(mixed, B + last, V + last, 11);
  let x12 = input(mixed, B + last, V + last, 12), x13 = input(mixed, B + last, V + last, 13);
  let x14 = input(mixed, B + last, V + last, 14), x15 = input(mixed, B + last, V + last, 15);

  // All lines of V_j at once: see block-mix.ts.
  if (mixed) {
    for (let line: usize = 0; line < last; line += 64) load<u32>(V + line);
  }

  let step = half;
  while (B != end) {
    x0 ^= input(mixed, B, V, 0); store<u32>(out, x0, 0);
    x1 ^= input(mixed, B, V, 1); store<u32>(out, x1, 4);
    x2 ^= input(mixed, B, V, 2); store<u32>(out, x2, 8);
    x3 ^= input(mixed, B, V, 3); store<u32>(out, x3, 12);
    x4 ^= input(mixed, B, V, 4); store<u32>(out, x4, 16);
    x5 ^= input(mixed, B, V, 5); store<u32>(out, x5, 20);
    x6 ^= input(mixed, B, V, 6); store<u32>(out, x6, 24);
    x7 ^= input(mixed, B, V, 7); store<u32>(out, x7, 28);
    x8 ^= input(mixed, B, V, 8); store<u32>(out, x8, 32);
    x9 ^= input(mixed, B, V, 9); store<u32>(out, x9, 36);
    x10 ^= input(mixed, B, V, 10); store<u32>(out, x10, 40);
    x11 ^= input(mixed, B, V, 11); store<u32>(out, x11, 44);
    x12 ^= input(mixed, B, V, 12); store<u32>(out, x12, 48);
    x13 ^= input(mixed, B, V, 13); store<u32>(out, x13, 52);
    x14 ^= input(mixed, B, V, 14); store<u32>(out, x14, 56);
    x15 ^= input(mixed, B, V, 15); store<u32>(out, x15, 60);

    x4 ^= rotl<u32>(x0 + x12, 7);  x9 ^= rotl<u32>(x5 + x1, 7);
    x14 ^= rotl<u32>(x10 + x6, 7);  x3 ^= rotl<u32>(x15 + x11, 7);
    x8 ^= rotl<u32>(x4 + x0, 9);  x13 ^= rotl<u32>(x9 + x5, 9);
    x2 ^= rotl<u32>(x14 + x10, 9);  x7 ^= rotl<u32>(x3 + x15, 9);
    x12 ^= rotl<u32>(x8 + x4, 13);  x1 ^= rotl<u32>(x13 + x9, 13);
    x6 ^= rotl<u32>(x2 + x14, 13);  x11 ^= rotl<u32>(x7 + x3, 13);
    x0 ^= rotl<u32>(x12 + x8, 18);  x5 ^= rotl<u32>(x1 + x13, 18);
    x10 ^= rotl<u32>(x6 + x2, 18);  x15 ^= rotl<u32>(x11 + x7, 18);
    x1 ^= rotl<u32>(x0 + x3, 7);  x6 ^= rotl<u32>(x5 + x4, 7);
    x11 ^= rotl<u32>(x10 + x9, 7);  x12 ^= rotl<u32>(x15 + x14, 7);
    x2 ^= rotl<u32>(x1 + x0, 9);  x7 ^= rotl<u32>(x6 + x5, 9);
    x8 ^= rotl<u32>(x11 + x10, 9);  x13 ^= rotl<u32>(x12 + x15, 9);
    x3 ^= rotl<u32>(x2 + x1, 13);  x4 ^= rotl<u32>(x7 + x6, 13);
    x9 ^= rotl<u32>(x8 + x11, 13);  x14 ^= rotl<u32>(x13 + x12, 13);
    x0 ^= rotl<u32>(x3 + x2, 18);  x5 ^= rotl<u32>(x4 + x7, 18);
    x10 ^= rotl<u32>(x9 + x8, 18);  x15 ^= rotl<u32>(x14 + x13, 18);

    x4 ^= rotl<u32>(x0 + x12, 7);  x9 ^= rotl<u32>(x5 + x1, 7);
    x14 ^= rotl<u32>(x10 + x6, 7);  x3 ^= rotl<u32>(x15 + x11, 7);
    x8 ^= rotl<u32>(x4 + x0, 9);  x13 ^= rotl<u32>(x9 + x5, 9);
    x2 ^= rotl<u32>(x14 + x10, 9);  x7 ^= rotl<u32>(x3 + x15, 9);
    x12 ^= rotl<u32>(x8 + x4, 13);  x1 ^= rotl<u32>(x13 + x9, 13);
    x6 ^= rotl<u32>(x2 + x14, 13);  x11 ^= rotl<u32>(x7 + x3, 13);
    x0 ^= rotl<u32>(x12 + x8, 18);  x5 ^= rotl<u32>(x1 + x13, 18);
    x10 ^= rotl<u32>(x6 + x2, 18);  x15 ^= rotl<u32>(x11 + x7, 18);
    x1 ^= rotl<u32>(x0 + x3, 7);  x6 ^= rotl<u32>(x5 + x4, 7);
    x11 ^= rotl<u32>(x10 + x9, 7);  x12 ^= rotl<u32>(x15 + x14, 7);
    x2 ^= rotl<u32>(x1 + x0, 9);  x7 ^= rotl<u32>(x6 + x5, 9);
    x8 ^= rotl<u32>(x11 + x10, 9);  x13 ^= rotl<u32>(x12 + x15, 9);
    x3 ^= rotl<u32>(x2 + x1, 13);  x4 ^= rotl<u32>(x7 + x6, 13);
    x9 ^= rotl<u32>(x8 + x11, 13);  x14 ^= rotl<u32>(x13 + x12, 13);
    x0 ^= rotl<u32>(x3 + x2, 18);  x5 ^= rotl<u32>(x4 + x7, 18);
    x10 ^= rotl<u32>(x9 + x8, 18);  x15 ^= rotl<u32>(x14 + x13, 18);

    x4 ^= rotl<u32>(x0 + x12, 7);  x9 ^= rotl<u32>(x5 + x1, 7);
    x14 ^= rotl<u32>(x10 + x6, 7);  x3 ^= rotl<u32>(x15 + x11, 7);
    x8 ^= rotl<u32>(x4 + x0, 9);  x13 ^= rotl<u32>(x9 + x5, 9);
    x2 ^= rotl<u32>(x14 + x10, 9);  x7 ^= rotl<u32>(x3 + x15, 9);
    x12 ^= rotl<u32>(x8 + x4, 13);  x1 ^= rotl<u32>(x13 + x9, 13);
    x6 ^= rotl<u32>(x2 + x14, 13);  x11 ^= rotl<u32>(x7 + x3, 13);
    x0 ^= rotl<u32>(x12 + x8, 18);  x5 ^= rotl<u32>(x1 + x13, 18);
    x10 ^= rotl<u32>(x6 + x2, 18);  x15 ^= rotl<u32>(x11 + x7, 18);
    x1 ^= rotl<u32>(x0 + x3, 7);  x6 ^= rotl<u32>(x5 + x4, 7);
    x11 ^= rotl<u32>(x10 + x9, 7);  x12 ^= rotl<u32>(x15 + x14, 7);
    x2 ^= rotl<u32>(x1 + x0, 9);  x7 ^= rotl<u32>(x6 + x5, 9);
    x8 ^= rotl<u32>(x11 + x10, 9);  x13 ^= rotl<u32>(x12 + x15, 9);
    x3 ^= rotl<u32>(x2 + x1, 13);  x4 ^= rotl<u32>(x7 + x6, 13);
    x9 ^= rotl<u32>(x8 + x11, 13);  x14 ^= rotl<u32>(x13 + x12, 13);
    x0 ^= rotl<u32>(x3 + x2, 18);  x5 ^= rotl<u32>(x4 + x7, 18);
    x10 ^= rotl<u32>(x9 + x8, 18);  x15 ^= rotl<u32>(x14 + x13, 18);

    x4 ^= rotl<u32>(x0 + x12, 7);  x9 ^= rotl<u32>(x5 + x1, 7);
    x14 ^= rotl<u32>(x10 + x6, 7);  x3 ^= rotl<u32>(x15 + x11, 7);
    x8 ^= rotl<u32>(x4 + x0, 9);  x13 ^= rotl<u32>(x9 + x5, 9);
    x2 ^= rotl<u32>(x14 + x10, 9);  x7 ^= rotl<u32>(x3 + x15, 9);
    x12 ^= rotl<u32>(x8 + x4, 13);  x1 ^= rotl<u32>(x13 + x9, 13);
    x6 ^= rotl<u32>(x2 + x14, 13);  x11 ^= rotl<u32>(x7 + x3, 13);
    x0 ^= rotl<u32>(x12 + x8, 18);  x5 ^= rotl<u32>(x1 + x13, 18);
    x10 ^= rotl<u32>(x6 + x2, 18);  x15 ^= rotl<u32>(x11 + x7, 18);
    x1 ^= rotl<u32>(x0 + x3, 7);  x6 ^= rotl<u32>(x5 + x4, 7);
    x11 ^= rotl<u32>(x10 + x9, 7);  x12 ^= rotl<u32>(x15 + x14, 7);
    x2 ^= rotl<u32>(x1 + x0, 9);  x7 ^= rotl<u32>(x6 + x5, 9);
    x8 ^= rotl<u32>(x11 + x10, 9);  x13 ^= rotl<u32>(x12 + x15, 9);
    x3 ^= rotl<u32>(x2 + x1, 13);  x4 ^= rotl<u32>(x7 + x6, 13);
    x9 ^= rotl<u32>(x8 + x11, 13);  x14 ^= rotl<u32>(x13 + x12, 13);
    x0 ^= rotl<u32>(x3 + x2, 18);  x5 ^= rotl<u32>(x4 + x7, 18);
    x10 ^= rotl<u32>(x9 + x8, 18);  x15 ^= rotl<u32>(x14 + x13, 18);

    x0 += load<u32>(out, 0); store<u32>(out, x0, 0);  x1 += load<u32>(out, 4); store<u32>(out, x1, 4);
    x2 += load<u32>(out, 8); store<u32>(out, x2, 8);  x3 += load<u32>(out, 12); store<u32>(out, x3, 12);
    x4 += load<u32>(out, 16); store<u32>(out, x4, 16);  x5 += load<u32>(out, 20); store<u32>(out, x5, 20);
    x6 += load<u32>(out, 24); store<u32>(out, x6, 24);  x7 += load<u32>(out, 28); store<u32>(out, x7, 28);
    x8 += load<u32>(out, 32); store<u32>(out, x8, 32);  x9 += load<u32>(out, 36); store<u32>(out, x9, 36);
    x10 += load<u32>(out, 40); store<u32>(out, x10, 40);  x11 += load<u32>(out, 44); store<u32>(out, x11, 44);
    x12 += load<u32>(out, 48); store<u32>(out, x12, 48);  x13 += load<u32>(out, 52); store<u32>(out, x13, 52);
    x14 += load<u32>(out, 56); store<u32>(out, x14, 56);  x15 += load<u32>(out, 60); store<u32>(out, x15, 60);

    B += 64;
    V += 64;
    out += step;
    step = 64 - step;
  }
}
