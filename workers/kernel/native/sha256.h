// The hash computation of SHA-256 (FIPS 180-4, section 6.2.2) and PBKDF2's iteration on it, for one password or for
// several in the lanes of a vector. Include after defining WORD, a 32-bit word or a vector of them.
#include "kernel.h"

#define ROTR(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define Ch(x, y, z) (((x) & (y)) ^ (~(x) & (z)))
#define Maj(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define SIGMA0(x) (ROTR(x, 2) ^ ROTR(x, 13) ^ ROTR(x, 22))
#define SIGMA1(x) (ROTR(x, 6) ^ ROTR(x, 11) ^ ROTR(x, 25))
#define sigma0(x) (ROTR(x, 7) ^ ROTR(x, 18) ^ (x) >> 3)
#define sigma1(x) (ROTR(x, 17) ^ ROTR(x, 19) ^ (x) >> 10)

#define ROUND(a, b, c, d, e, f, g, h, i)                            \
  do {                                                              \
    WORD T1 = h + SIGMA1(e) + Ch(e, f, g) + sha256_K[t + i] + W[i]; \
    d += T1;                                                        \
    h = T1 + SIGMA0(a) + Maj(a, b, c);                              \
  } while (0)

/** Adds block W to the hash value H. W then holds the end of the message schedule. */
static ALWAYS_INLINE void sha256_block(WORD H[8], WORD W[16]) {
  WORD a = H[0], b = H[1], c = H[2], d = H[3], e = H[4], f = H[5], g = H[6], h = H[7];
  for (int t = 0; t < 64; t += 16) {
    if (t > 0) {
      _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++) {
        W[i] += sigma1(W[(i + 14) % 16]) + W[(i + 9) % 16] + sigma0(W[(i + 1) % 16]);
      }
    }
    _Pragma("GCC unroll 2") for (int i = 0; i < 16; i += 8) {
      ROUND(a, b, c, d, e, f, g, h, i);
      ROUND(h, a, b, c, d, e, f, g, i + 1);
      ROUND(g, h, a, b, c, d, e, f, i + 2);
      ROUND(f, g, h, a, b, c, d, e, i + 3);
      ROUND(e, f, g, h, a, b, c, d, i + 4);
      ROUND(d, e, f, g, h, a, b, c, i + 5);
      ROUND(c, d, e, f, g, h, a, b, i + 6);
      ROUND(b, c, d, e, f, g, h, a, i + 7);
    }
  }
  H[0] += a, H[1] += b, H[2] += c, H[3] += d, H[4] += e, H[5] += f, H[6] += g, H[7] += h;
}

/** H = hash of a message of 96 bytes: the block whose state is `state`, and the 32 bytes of H. */
static ALWAYS_INLINE void sha256_second_block(WORD H[8], const WORD state[8]) {
  WORD W[16];
  for (int i = 0; i < 8; i++) W[i] = H[i];
  for (int i = 8; i < 16; i++) W[i] = (WORD){0};
  W[8] += 0x80000000;
  W[15] += 96 * 8;
  for (int i = 0; i < 8; i++) H[i] = state[i];
  sha256_block(H, W);
}

static ALWAYS_INLINE void iterate_words(const WORD inner[8], const WORD outer[8], WORD U[8], WORD T[8], uint32_t count) {
  while (count-- > 0) {
    sha256_second_block(U, inner);
    sha256_second_block(U, outer);
    for (int i = 0; i < 8; i++) T[i] ^= U[i];
  }
}
