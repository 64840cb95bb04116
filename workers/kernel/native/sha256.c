// SHA-256 (FIPS 180-4), HMAC (RFC 2104) and PBKDF2 (RFC 8018, section 5.2).
#define WORD uint32_t
#include "sha256.h"

const uint32_t sha256_K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t initial_H[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/** State of a hash, and the bytes of the incomplete block. */
typedef struct {
  uint32_t H[8];
  uint8_t block[64];
  uint64_t length;
} sha256;

static void add_block(uint32_t H[8], const uint8_t block[64]) {
  uint32_t W[16];
  for (int i = 0; i < 16; i++) {
    const uint8_t *b = block + 4 * i;
    W[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
  }
  sha256_block(H, W);
  wipe(W, sizeof W);
}

/** Starts a hash from the state H after `length` bytes, a multiple of 64. */
static void sha256_begin(sha256 *hash, const uint32_t H[8], uint64_t length) {
  memcpy(hash->H, H, sizeof hash->H);
  hash->length = length;
}

static void sha256_add(sha256 *hash, const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    hash->block[hash->length++ % 64] = bytes[i];
    if (hash->length % 64 == 0) add_block(hash->H, hash->block);
  }
}

static void sha256_add_message(sha256 *hash, const message *M) {
  sha256_add(hash, M->head, M->head_length);
  sha256_add(hash, M->tail, M->tail_length);
}

/** Finishes the hash: its value is in H, everything else is wiped. */
static void sha256_end(sha256 *hash, uint32_t H[8]) {
  const uint64_t bits = hash->length * 8;
  sha256_add(hash, (const uint8_t[]){0x80}, 1);
  while (hash->length % 64 != 56) sha256_add(hash, (const uint8_t[]){0}, 1);
  for (int i = 56; i >= 0; i -= 8) sha256_add(hash, (const uint8_t[]){(uint8_t)(bits >> i)}, 1);
  memcpy(H, hash->H, sizeof hash->H);
  wipe(hash, sizeof *hash);
}

static void store_words(uint8_t *bytes, const uint32_t words[8]) {
  for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
}

/** Computes HMAC's inner and outer states of key P. */
static void set_key(pbkdf2_lane *lane, const message *P) {
  uint8_t key[64] = {0}, pad[64];
  if (P->head_length + P->tail_length > 64) {
    sha256 hash;
    uint32_t H[8];
    sha256_begin(&hash, initial_H, 0);
    sha256_add_message(&hash, P);
    sha256_end(&hash, H);
    store_words(key, H);
    wipe(H, sizeof H);
  } else {
    if (P->head_length) memcpy(key, P->head, P->head_length);
    if (P->tail_length) memcpy(key + P->head_length, P->tail, P->tail_length);
  }
  memcpy(lane->inner, initial_H, sizeof initial_H);
  memcpy(lane->outer, initial_H, sizeof initial_H);
  for (int i = 0; i < 64; i++) pad[i] = key[i] ^ 0x36;
  add_block(lane->inner, pad);
  for (int i = 0; i < 64; i++) pad[i] = key[i] ^ 0x5c;
  add_block(lane->outer, pad);
  wipe(key, sizeof key);
  wipe(pad, sizeof pad);
}

/** U_1 = HMAC(P, S | INT(index)). */
static void set_first(pbkdf2_lane *lane, const message *S, uint32_t index) {
  const uint8_t INT[4] = {(uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index};
  sha256 hash;
  sha256_begin(&hash, lane->inner, 64);
  sha256_add_message(&hash, S);
  sha256_add(&hash, INT, sizeof INT);
  sha256_end(&hash, lane->U);
  sha256_second_block(lane->U, lane->outer);
  memcpy(lane->T, lane->U, sizeof lane->T);
}

void iterate_scalar(int n, pbkdf2_lane lanes[], uint32_t count) {
  for (; n > 0; n--, lanes++) iterate_words(lanes->inner, lanes->outer, lanes->U, lanes->T, count);
}

void pbkdf2(const kernel *k, int n, const message P[], const message S[], uint32_t c, uint8_t *const DK[], size_t dkLen) {
  pbkdf2_lane lanes[MAX_GROUP];
  uint8_t T[32];
  for (int i = 0; i < n; i++) set_key(&lanes[i], &P[i]);
  for (size_t done = 0; done < dkLen; done += 32) {
    for (int i = 0; i < n; i++) set_first(&lanes[i], &S[i], (uint32_t)(done / 32 + 1));
    if (c > 1) k->iterate(n, lanes, c - 1);
    for (int i = 0; i < n; i++) {
      store_words(T, lanes[i].T);
      memcpy(DK[i] + done, T, dkLen - done < 32 ? dkLen - done : 32);
    }
  }
  wipe(lanes, sizeof lanes);
  wipe(T, sizeof T);
}
