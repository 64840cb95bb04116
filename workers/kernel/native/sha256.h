// SHA-256 (FIPS 180-4, section 6.2.2) of one message or of several in the lanes of a vector. Include after defining WORD,
// a 32-bit word or a vector of them.
#include "kernel.h"

#define ROTR(x, n) ROTL(x, 32 - (n))
#define Ch(x, y, z) (((x) & (y)) ^ (~(x) & (z)))
#define Maj(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define SIGMA0(x) (ROTR(x, 2) ^ ROTR(x, 13) ^ ROTR(x, 22))
#define SIGMA1(x) (ROTR(x, 6) ^ ROTR(x, 11) ^ ROTR(x, 25))
#define sigma0(x) (ROTR(x, 7) ^ ROTR(x, 18) ^ (x) >> 3)
#define sigma1(x) (ROTR(x, 17) ^ ROTR(x, 19) ^ (x) >> 10)

/** Adds block W to the hash value H. W then holds the end of the message schedule. */
static ALWAYS_INLINE void sha256_block(WORD H[8], WORD W[16]) {
  WORD x[8];
  for (int i = 0; i < 8; i++) x[i] = H[i];
  for (int t = 0; t < 64; t += 16) {
    _Pragma("GCC unroll 16") for (int i = 0; i < 16; i++) {
      if (t > 0) W[i] += sigma1(W[(i + 14) % 16]) + W[(i + 9) % 16] + sigma0(W[(i + 1) % 16]);
      // Variable v of FIPS 180-4 is in x[(v - i) mod 8]: the places rotate instead of the values.
#define x(v) x[(v + 16 - i) % 8]
      WORD T1 = x(7) + SIGMA1(x(4)) + Ch(x(4), x(5), x(6)) + sha256_K[t + i] + W[i];
      x(3) += T1;
      x(7) = T1 + SIGMA0(x(0)) + Maj(x(0), x(1), x(2));
#undef x
    }
  }
  for (int i = 0; i < 8; i++) H[i] += x[i];
}

/** H = hash of a message of 96 bytes: the block whose state is `state`, and the 32 bytes of H. */
static ALWAYS_INLINE void sha256_second_block(WORD H[8], const WORD state[8]) {
  WORD W[16] = {0};
  memcpy(W, H, 8 * sizeof *W);
  W[8] += 0x80000000;
  W[15] += 96 * 8;
  memcpy(H, state, 8 * sizeof *H);
  sha256_block(H, W);
}
