// PBKDF2's iteration with the processor's instructions for SHA-256 (x86-64: SHA extensions; arm64: FEAT_SHA256), for one
// password or two in step: one uses half of the unit.
#include "kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
typedef __m128i word4;
#define ADD(a, b) _mm_add_epi32(a, b)
#define XOR(a, b) _mm_xor_si128(a, b)
#define LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define STORE(p, x) _mm_storeu_si128((__m128i *)(p), x)
#define SET(a, b, c, d) _mm_set_epi32((int)(d), (int)(c), (int)(b), (int)(a))

/** W_t of four rounds, from the W of the sixteen before. */
static ALWAYS_INLINE word4 schedule(word4 w0, word4 w1, word4 w2, word4 w3) {
  return _mm_sha256msg2_epu32(ADD(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4)), w3);
}

/** Four rounds. S holds the words F, E, B, A and H, G, D, C. */
static ALWAYS_INLINE void four_rounds(word4 S[2], word4 wk) {
  S[1] = _mm_sha256rnds2_epu32(S[1], S[0], wk);
  S[0] = _mm_sha256rnds2_epu32(S[0], S[1], _mm_shuffle_epi32(wk, 0x0e));
}

/** Converts words a to h to the order of the instructions. With swapped arguments it is its own inverse. */
static ALWAYS_INLINE void to_state(word4 S[2], const word4 words[2]) {
  word4 badc = _mm_shuffle_epi32(words[0], 0xb1), fehg = _mm_shuffle_epi32(words[1], 0xb1);
  S[0] = _mm_unpacklo_epi64(fehg, badc);
  S[1] = _mm_unpackhi_epi64(fehg, badc);
}

static ALWAYS_INLINE void from_state(word4 words[2], const word4 S[2]) {
  words[0] = _mm_shuffle_epi32(_mm_unpackhi_epi64(S[0], S[1]), 0xb1);
  words[1] = _mm_shuffle_epi32(_mm_unpacklo_epi64(S[0], S[1]), 0xb1);
}
#else
#include <arm_neon.h>
typedef uint32x4_t word4;
#define ADD(a, b) vaddq_u32(a, b)
#define XOR(a, b) veorq_u32(a, b)
#define LOAD(p) vld1q_u32(p)
#define STORE(p, x) vst1q_u32(p, x)
#define SET(a, b, c, d) ((word4){a, b, c, d})

static ALWAYS_INLINE word4 schedule(word4 w0, word4 w1, word4 w2, word4 w3) {
  return vsha256su1q_u32(vsha256su0q_u32(w0, w1), w2, w3);
}

static ALWAYS_INLINE void four_rounds(word4 S[2], word4 wk) {
  word4 abcd = S[0];
  S[0] = vsha256hq_u32(abcd, S[1], wk);
  S[1] = vsha256h2q_u32(S[1], abcd, wk);
}

static ALWAYS_INLINE void to_state(word4 S[2], const word4 words[2]) {
  S[0] = words[0];
  S[1] = words[1];
}

static ALWAYS_INLINE void from_state(word4 words[2], const word4 S[2]) {
  to_state(words, S);
}
#endif

/** As sha256_second_block (sha256.h), for n passwords: words = the hash of the block that led to `state`, and words. */
static ALWAYS_INLINE void second_block(int n, word4 words[][2], word4 state[][2]) {
  word4 W[2][4], S[2][2];
  for (int lane = 0; lane < n; lane++) {
    W[lane][0] = words[lane][0];
    W[lane][1] = words[lane][1];
    W[lane][2] = SET(0x80000000, 0, 0, 0);
    W[lane][3] = SET(0, 0, 0, 96 * 8);
    S[lane][0] = state[lane][0];
    S[lane][1] = state[lane][1];
  }
  _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++) {
    word4 K = LOAD(&sha256_K[4 * i]);
    for (int lane = 0; lane < n; lane++) {
      word4 *w = W[lane];
      if (i >= 4) w[i % 4] = schedule(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
      four_rounds(S[lane], ADD(w[i % 4], K));
    }
  }
  for (int lane = 0; lane < n; lane++) {
    S[lane][0] = ADD(S[lane][0], state[lane][0]);
    S[lane][1] = ADD(S[lane][1], state[lane][1]);
    from_state(words[lane], S[lane]);
  }
}

static ALWAYS_INLINE void iterate_group(int n, pbkdf2_lane lanes[], uint32_t count) {
  word4 inner[2][2], outer[2][2], U[2][2], T[2][2];
  for (int lane = 0; lane < n; lane++) {
    for (int half = 0; half < 2; half++) {
      U[lane][half] = LOAD(lanes[lane].U + 4 * half);
      T[lane][half] = LOAD(lanes[lane].T + 4 * half);
      inner[lane][half] = LOAD(lanes[lane].inner + 4 * half);
      outer[lane][half] = LOAD(lanes[lane].outer + 4 * half);
    }
    to_state(inner[lane], (word4[2]){inner[lane][0], inner[lane][1]});
    to_state(outer[lane], (word4[2]){outer[lane][0], outer[lane][1]});
  }
  while (count-- > 0) {
    second_block(n, U, inner);
    second_block(n, U, outer);
    for (int lane = 0; lane < n; lane++)
      for (int half = 0; half < 2; half++) T[lane][half] = XOR(T[lane][half], U[lane][half]);
  }
  for (int lane = 0; lane < n; lane++)
    for (int half = 0; half < 2; half++) STORE(lanes[lane].T + 4 * half, T[lane][half]);
}

ZERO_REGISTERS void iterate_sha(int n, pbkdf2_lane lanes[], uint32_t count) {
  for (; n > 1; n -= 2, lanes += 2) iterate_group(2, lanes, count);
  if (n == 1) iterate_group(1, lanes, count);
}
