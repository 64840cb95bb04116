// scrypt (RFC 7914, section 6) of up to four passwords in step, and the password stretching of docs/protocol.md.
#include "kernel.h"

#define ROUNDS 20000
#define KW "identity.mozilla.com/picl/v1/"
#define TEXT(text) ((bytes){(uint8_t *)(text), sizeof(text) - 1})

void scrypt(const kernel *k, int n, const derivation group[], uint32_t N, uint32_t r, uint32_t p) {
  _Alignas(64) uint8_t B[MAX_GROUP][MAX_B_BYTES];
  derivation first[MAX_GROUP], last[MAX_GROUP];
  const size_t size = 128 * (size_t)r;
  for (int i = 0; i < n; i++) {
    first[i] = last[i] = group[i];
    first[i].DK = last[i].S = (bytes){B[i], p * size};
  }
  pbkdf2(k, n, first, 1);
  for (uint32_t lane = 0; lane < p; lane++) {
    for (int i = 0, width; i < n; i += width) {
      width = n - i > 2 && k->romix4 ? 4 : n - i > 1 && k->romix2 ? 2 : 1;
      uint8_t *blocks[MAX_GROUP], *V[MAX_GROUP];
      for (int j = 0; j < width; j++) {
        // Three hashes run as four: the last is computed twice in the same memory with equal writes.
        const int hash = i + j < n ? i + j : n - 1;
        blocks[j] = B[hash] + lane * size;
        V[j] = group[hash].V.at;
      }
      (width == 4 ? k->romix4 : width == 2 ? k->romix2 : k->romix1)(blocks, V, N, r);
    }
  }
  pbkdf2(k, n, last, 1);
}

/** Writes the concatenation of two byte strings. */
static bytes concatenate(uint8_t *to, bytes head, bytes tail) {
  for (size_t i = 0; i < head.length; i++) to[i] = head.at[i];
  for (size_t i = 0; i < tail.length; i++) to[head.length + i] = tail.at[i];
  return (bytes){to, head.length + tail.length};
}

void stretch(const kernel *k, int n, const derivation group[]) {
  uint8_t P[MAX_GROUP][64 + MAX_BYTES], S[MAX_GROUP][64 + MAX_BYTES], K1[MAX_GROUP][32], K2[MAX_GROUP][32];
  derivation step[MAX_GROUP];
  for (int i = 0; i < n; i++) {
    step[i] = group[i];
    step[i].S = concatenate(S[i], TEXT(KW "first-PBKDF:"), group[i].S);
    step[i].DK = (bytes){K1[i], 32};
  }
  pbkdf2(k, n, step, ROUNDS);
  for (int i = 0; i < n; i++) {
    step[i].P = (bytes){K1[i], 32};
    step[i].S = TEXT(KW "scrypt");
    step[i].DK = (bytes){K2[i], 32};
  }
  scrypt(k, n, step, 65536, 8, 1);
  for (int i = 0; i < n; i++) {
    step[i].P = concatenate(P[i], (bytes){K2[i], 32}, group[i].P);
    step[i].S = concatenate(S[i], TEXT(KW "second-PBKDF:"), group[i].S);
    step[i].DK = group[i].DK;
  }
  pbkdf2(k, n, step, ROUNDS);
}
