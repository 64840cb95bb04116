// PBKDF2's iteration with the processor's instructions for SHA-256 (x86-64: SHA extensions; arm64: FEAT_SHA256), for one
// password or two in step: one uses half of the unit.
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

/** W_t of four rounds, from the W of the sixteen before. */
static ALWAYS_INLINE v4 schedule(v4 w0, v4 w1, v4 w2, v4 w3) {
  return _mm_sha256msg2_epu32((v4)_mm_sha256msg1_epu32(w0, w1) + (v4)_mm_alignr_epi8(w3, w2, 4), w3);
}

static ALWAYS_INLINE void four_rounds(v4 S[2], v4 wk) {
  S[0] = _mm_sha256rnds2_epu32(S[0], S[1], wk);
  S[1] = _mm_sha256rnds2_epu32(S[1], S[0], _mm_shuffle_epi32(wk, 0x0e));
}

/** Converts words a to h to the order of the instructions (H, G, D, C and F, E, B, A), or back. */
static ALWAYS_INLINE void reorder(v4 to[2], const v4 from[2]) {
  const v4 first = _mm_shuffle_epi32(from[0], 0xb1), second = _mm_shuffle_epi32(from[1], 0xb1);
  to[0] = _mm_unpackhi_epi64(second, first);
  to[1] = _mm_unpacklo_epi64(second, first);
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

static ALWAYS_INLINE void reorder(v4 to[2], const v4 from[2]) {
  memcpy(to, from, 2 * sizeof *to);
}
#endif

/** A pbkdf2_lane in vectors. */
typedef v4 lane[4][2];
enum { inner, outer, U, T };

/** As sha256_second_block (sha256.h), for each U and the state `key`. */
static ALWAYS_INLINE void second_block(int n, lane lanes[], int key) {
  v4 W[2][4], S[2][2];
  for (int i = 0; i < n; i++) {
    memcpy(W[i], lanes[i][U], sizeof(v4[2]));
    W[i][2] = (v4){0x80000000, 0, 0, 0};
    W[i][3] = (v4){0, 0, 0, 96 * 8};
    reorder(S[i], lanes[i][key]);
  }
  _Pragma("GCC unroll 16") for (int t = 0; t < 16; t++) {
    for (int i = 0; i < n; i++) {
      v4 *w = W[i];
      if (t >= 4) w[t % 4] = schedule(w[t % 4], w[(t + 1) % 4], w[(t + 2) % 4], w[(t + 3) % 4]);
      four_rounds(S[i], w[t % 4] + ((const v4 *)sha256_K)[t]);
    }
  }
  for (int i = 0; i < n; i++) {
    reorder(lanes[i][U], S[i]);
    for (int half = 0; half < 2; half++) lanes[i][U][half] += lanes[i][key][half];
  }
}

static ALWAYS_INLINE void iterate(int n, pbkdf2_lane group[], uint32_t count) {
  lane lanes[2];
  memcpy(lanes, group, n * sizeof *lanes);
  while (count-- > 0) {
    second_block(n, lanes, inner);
    second_block(n, lanes, outer);
    for (int i = 0; i < n; i++)
      for (int half = 0; half < 2; half++) lanes[i][T][half] ^= lanes[i][U][half];
  }
  memcpy(group, lanes, n * sizeof *lanes);
}

ZERO_REGISTERS void iterate_sha(int n, pbkdf2_lane lanes[], uint32_t count) {
  for (; n > 1; n -= 2, lanes += 2) iterate(2, lanes, count);
  if (n == 1) iterate(1, lanes, count);
}
