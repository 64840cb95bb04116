// PBKDF2's iteration with the processor's instructions for SHA-256 (x86-64: SHA extensions; arm64: FEAT_SHA256), for one
// password or two in step: one uses half of the unit.
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

/** W_t of four rounds, from the W of the sixteen before. */
static ALWAYS_INLINE v4 schedule(v4 w0, v4 w1, v4 w2, v4 w3) {
  return _mm_sha256msg2_epu32((v4)_mm_sha256msg1_epu32(w0, w1) + (v4)_mm_alignr_epi8(w3, w2, 4), w3);
}

/** Four rounds. S holds the words F, E, B, A and H, G, D, C. */
static ALWAYS_INLINE void four_rounds(v4 S[2], v4 wk) {
  S[1] = _mm_sha256rnds2_epu32(S[1], S[0], wk);
  S[0] = _mm_sha256rnds2_epu32(S[0], S[1], _mm_shuffle_epi32(wk, 0x0e));
}

/** Converts words a to h to the order of the instructions. */
static ALWAYS_INLINE void to_state(v4 S[2], const v4 words[2]) {
  const v4 badc = _mm_shuffle_epi32(words[0], 0xb1), fehg = _mm_shuffle_epi32(words[1], 0xb1);
  S[0] = _mm_unpacklo_epi64(fehg, badc);
  S[1] = _mm_unpackhi_epi64(fehg, badc);
}

static ALWAYS_INLINE void from_state(v4 words[2], const v4 S[2]) {
  words[0] = _mm_shuffle_epi32(_mm_unpackhi_epi64(S[0], S[1]), 0xb1);
  words[1] = _mm_shuffle_epi32(_mm_unpacklo_epi64(S[0], S[1]), 0xb1);
}
#else
#include <arm_neon.h>

static ALWAYS_INLINE v4 schedule(v4 w0, v4 w1, v4 w2, v4 w3) {
  return vsha256su1q_u32(vsha256su0q_u32(w0, w1), w2, w3);
}

static ALWAYS_INLINE void four_rounds(v4 S[2], v4 wk) {
  const v4 abcd = S[0];
  S[0] = vsha256hq_u32(abcd, S[1], wk);
  S[1] = vsha256h2q_u32(S[1], abcd, wk);
}

static ALWAYS_INLINE void to_state(v4 S[2], const v4 words[2]) {
  memcpy(S, words, 2 * sizeof *S);
}

static ALWAYS_INLINE void from_state(v4 words[2], const v4 S[2]) {
  memcpy(words, S, 2 * sizeof *S);
}
#endif

/** As sha256_second_block (sha256.h), for n passwords: H = the hash of the block that led to `state`, and H. */
static ALWAYS_INLINE void second_block(int n, v4 H[][2], v4 state[][2]) {
  v4 W[2][4], S[2][2];
  for (int lane = 0; lane < n; lane++) {
    W[lane][0] = H[lane][0];
    W[lane][1] = H[lane][1];
    W[lane][2] = (v4){0x80000000, 0, 0, 0};
    W[lane][3] = (v4){0, 0, 0, 96 * 8};
    to_state(S[lane], state[lane]);
  }
  _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++) {
    for (int lane = 0; lane < n; lane++) {
      v4 *w = W[lane];
      if (i >= 4) w[i % 4] = schedule(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
      four_rounds(S[lane], w[i % 4] + ((const v4 *)sha256_K)[i]);
    }
  }
  for (int lane = 0; lane < n; lane++) {
    from_state(H[lane], S[lane]);
    for (int half = 0; half < 2; half++) H[lane][half] += state[lane][half];
  }
}

static ALWAYS_INLINE void iterate_group(int n, pbkdf2_lane lanes[], uint32_t count) {
  v4 inner[2][2], outer[2][2], U[2][2], T[2][2];
  for (int lane = 0; lane < n; lane++) {
    memcpy(inner[lane], lanes[lane].inner, sizeof *inner);
    memcpy(outer[lane], lanes[lane].outer, sizeof *outer);
    memcpy(U[lane], lanes[lane].U, sizeof *U);
    memcpy(T[lane], lanes[lane].T, sizeof *T);
  }
  while (count-- > 0) {
    second_block(n, U, inner);
    second_block(n, U, outer);
    for (int lane = 0; lane < n; lane++)
      for (int half = 0; half < 2; half++) T[lane][half] ^= U[lane][half];
  }
  for (int lane = 0; lane < n; lane++) memcpy(lanes[lane].T, T[lane], sizeof *T);
}

ZERO_REGISTERS void iterate_sha(int n, pbkdf2_lane lanes[], uint32_t count) {
  for (; n > 1; n -= 2, lanes += 2) iterate_group(2, lanes, count);
  if (n == 1) iterate_group(1, lanes, count);
}
