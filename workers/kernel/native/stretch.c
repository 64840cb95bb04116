// scrypt (RFC 7914, section 6) of up to four passwords in step, and the password stretching of docs/protocol.md.
#include "kernel.h"

#define ROUNDS 20000
#define KW "identity.mozilla.com/picl/v1/"
#define TEXT(text) (const uint8_t *)(text), sizeof(text) - 1

void scrypt(const kernel *k, int n, const message P[], const message S[], uint32_t N, uint32_t r, uint32_t p,
            uint8_t *const V[], uint8_t *const DK[], size_t dkLen) {
  uint8_t space[MAX_GROUP][MAX_B_BYTES];
  uint8_t *B[MAX_GROUP], *lane[MAX_GROUP], *memory[MAX_GROUP];
  message blocks[MAX_GROUP];
  const size_t size = 128 * (size_t)r;
  for (int i = 0; i < n; i++) {
    B[i] = space[i];
    blocks[i] = (message){B[i], p * size, NULL, 0};
  }
  pbkdf2(k, n, P, S, 1, B, p * size);
  for (uint32_t j = 0; j < p; j++) {
    for (int i = 0; i < MAX_GROUP; i++) {
      // Three hashes run as four: the last is computed twice in the same memory with equal writes.
      const int hash = i < n ? i : n - 1;
      lane[i] = B[hash] + j * size;
      memory[i] = V[hash];
    }
    (n == 1 ? k->romix1 : n == 2 ? k->romix2 : k->romix4)(lane, memory, N, r);
  }
  pbkdf2(k, n, P, blocks, 1, DK, dkLen);
  wipe(space, sizeof space);
}

/** Wipes the stack of functions that have returned. */
static __attribute__((noinline)) void wipe_stack(void) {
  uint8_t frames[192 << 10];
  wipe(frames, sizeof frames);
}

void stretch(const kernel *k, int n, const message passwords[], const message emails[], uint8_t *const V[],
             uint8_t *const stretchedPW[]) {
  uint8_t K1[MAX_GROUP][32], K2[MAX_GROUP][32];
  uint8_t *first[MAX_GROUP], *second[MAX_GROUP];
  message P[MAX_GROUP], S[MAX_GROUP];
  for (int i = 0; i < n; i++) {
    first[i] = K1[i];
    second[i] = K2[i];
    S[i] = (message){TEXT(KW "first-PBKDF:"), emails[i].head, emails[i].head_length};
  }
  pbkdf2(k, n, passwords, S, ROUNDS, first, 32);
  for (int i = 0; i < n; i++) {
    P[i] = (message){K1[i], 32, NULL, 0};
    S[i] = (message){TEXT(KW "scrypt"), NULL, 0};
  }
  scrypt(k, n, P, S, 65536, 8, 1, V, second, 32);
  for (int i = 0; i < n; i++) {
    P[i] = (message){K2[i], 32, passwords[i].head, passwords[i].head_length};
    S[i] = (message){TEXT(KW "second-PBKDF:"), emails[i].head, emails[i].head_length};
  }
  pbkdf2(k, n, P, S, ROUNDS, stretchedPW, 32);
  wipe(K1, sizeof K1);
  wipe(K2, sizeof K2);
  wipe_stack();
}
