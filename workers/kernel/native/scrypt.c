// scrypt (RFC 7914, section 6) of up to four passwords in step, and the password stretching of docs/protocol.md.
#include "kernel.h"

#define ROUNDS 20000
#define KW "identity.mozilla.com/picl/v1/"
#define TEXT(text) (const uint8_t *)(text), sizeof(text) - 1

/** Salsa20/8 in scalar operations (RFC 7914, section 3); romix.h has the order of words. */
static __attribute__((noinline)) void salsa20_8_words(uint32_t word[16]) {
#define EACH_WORD(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)
#define LOAD(i) uint32_t x##i = word[13 * i % 16];
#define ADD(i) word[13 * i % 16] += x##i;
#define QUARTER(a, b, c, d) \
  x##b ^= ROTL(x##a + x##d, 7), x##c ^= ROTL(x##b + x##a, 9), x##d ^= ROTL(x##c + x##b, 13), x##a ^= ROTL(x##d + x##c, 18)
  EACH_WORD(LOAD)
  for (int i = 0; i < 8; i += 2) {
    QUARTER(0, 4, 8, 12), QUARTER(5, 9, 13, 1), QUARTER(10, 14, 2, 6), QUARTER(15, 3, 7, 11);
    QUARTER(0, 1, 2, 3), QUARTER(5, 6, 7, 4), QUARTER(10, 11, 8, 9), QUARTER(15, 12, 13, 14);
  }
  EACH_WORD(ADD)
}

#define SCALAR
#define NAME scalar
#define LANES 1
#define CHAINS 1
#include "romix.h"

const kernel kernel_scalar = {"scalar", iterate_scalar, romix_scalar, NULL, NULL};

void scrypt(const kernel *k, int n, const derivation group[], uint32_t N, uint32_t r, uint32_t p, size_t dkLen) {
  _Alignas(64) uint8_t B[MAX_GROUP][MAX_B_BYTES];
  derivation first[MAX_GROUP], last[MAX_GROUP];
  const size_t size = 128 * (size_t)r;
  for (int i = 0; i < n; i++) {
    first[i] = (derivation){.P = group[i].P, .S = group[i].S, .DK = B[i]};
    last[i] = (derivation){.P = group[i].P, .S = {B[i], p * size, NULL, 0}, .DK = group[i].DK};
  }
  pbkdf2(k, n, first, 1, p * size);
  for (uint32_t lane = 0; lane < p; lane++) {
    for (int i = 0, width; i < n; i += width) {
      width = n - i > 2 && k->romix4 ? 4 : n - i > 1 && k->romix2 ? 2 : 1;
      uint8_t *blocks[MAX_GROUP], *V[MAX_GROUP];
      for (int j = 0; j < width; j++) {
        // Three hashes run as four: the last is computed twice in the same memory with equal writes.
        const int hash = i + j < n ? i + j : n - 1;
        blocks[j] = B[hash] + lane * size;
        V[j] = group[hash].V;
      }
      (width == 4 ? k->romix4 : width == 2 ? k->romix2 : k->romix1)(blocks, V, N, r);
    }
  }
  pbkdf2(k, n, last, 1, dkLen);
  wipe(B, sizeof B);
}

/** Wipes the stack of functions that have returned. */
static __attribute__((noinline)) void wipe_stack(void) {
  uint8_t frames[192 << 10];
  wipe(frames, sizeof frames);
}

void stretch(const kernel *k, int n, const derivation group[]) {
  uint8_t K1[MAX_GROUP][32], K2[MAX_GROUP][32];
  derivation step[MAX_GROUP];
  for (int i = 0; i < n; i++) {
    const message *email = &group[i].S;
    step[i] = (derivation){group[i].P, {TEXT(KW "first-PBKDF:"), email->head, email->head_length}, NULL, K1[i]};
  }
  pbkdf2(k, n, step, ROUNDS, 32);
  for (int i = 0; i < n; i++) {
    step[i] = (derivation){{K1[i], 32, NULL, 0}, {TEXT(KW "scrypt"), NULL, 0}, group[i].V, K2[i]};
  }
  scrypt(k, n, step, 65536, 8, 1, 32);
  for (int i = 0; i < n; i++) {
    const message *password = &group[i].P, *email = &group[i].S;
    step[i].P = (message){K2[i], 32, password->head, password->head_length};
    step[i].S = (message){TEXT(KW "second-PBKDF:"), email->head, email->head_length};
    step[i].DK = group[i].DK;
  }
  pbkdf2(k, n, step, ROUNDS, 32);
  wipe(K1, sizeof K1);
  wipe(K2, sizeof K2);
  wipe_stack();
}
