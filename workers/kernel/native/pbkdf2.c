// PBKDF2 (RFC 8018, section 5.2) with HMAC (RFC 2104) and SHA-256.
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

/** The hash value, the incomplete block, and the number of bytes so far. */
typedef struct {
  uint32_t H[8], W[16];
  uint64_t length;
} sha256;

static const sha256 sha256_start = {
    .H = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
};

static void sha256_add(sha256 *hash, const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    uint32_t *word = &hash->W[hash->length++ % 64 / 4];
    *word = *word << 8 | bytes[i];
    if (hash->length % 64 == 0) sha256_block(hash->H, hash->W);
  }
}

/** Adds the padding (FIPS 180-4, section 5.1.1): H is then the hash. */
static void sha256_end(sha256 *hash) {
  const uint64_t bits = hash->length * 8;
  sha256_add(hash, (const uint8_t[]){0x80}, 1);
  while (hash->length % 64 != 56) sha256_add(hash, (const uint8_t[]){0}, 1);
  for (int i = 56; i >= 0; i -= 8) sha256_add(hash, (const uint8_t[]){(uint8_t)(bits >> i)}, 1);
}

static void store_words(uint8_t *bytes, const uint32_t words[8], size_t length) {
  for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
}

/** Sets HMAC's states after the inner and outer key block. */
static void set_password(pbkdf2_lane *lane, bytes P) {
  uint8_t key[64] = {0};
  sha256 inner = sha256_start, outer = sha256_start;
  if (P.length > 64) {
    sha256 hash = sha256_start;
    sha256_add(&hash, P.at, P.length);
    sha256_end(&hash);
    store_words(key, hash.H, 32);
  } else {
    for (size_t i = 0; i < P.length; i++) key[i] = P.at[i];
  }
  for (int i = 0; i < 64; i++) {
    sha256_add(&inner, (const uint8_t[]){key[i] ^ 0x36}, 1);
    sha256_add(&outer, (const uint8_t[]){key[i] ^ 0x5c}, 1);
  }
  memcpy(lane->inner, inner.H, sizeof inner.H);
  memcpy(lane->outer, outer.H, sizeof outer.H);
}

/** T = U_1 = HMAC(P, S | INT(i)). */
static void set_salt(pbkdf2_lane *lane, bytes S, uint32_t i) {
  sha256 hash = {.length = 64};
  memcpy(hash.H, lane->inner, sizeof hash.H);
  sha256_add(&hash, S.at, S.length);
  sha256_add(&hash, (const uint8_t[]){(uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 4);
  sha256_end(&hash);
  sha256_second_block(hash.H, lane->outer);
  memcpy(lane->U, hash.H, sizeof hash.H);
  memcpy(lane->T, hash.H, sizeof hash.H);
}

void pbkdf2(const kernel *k, int n, const derivation group[], uint32_t c) {
  const size_t dkLen = group[0].DK.length;
  pbkdf2_lane lanes[MAX_GROUP];
  for (int i = 0; i < n; i++) set_password(&lanes[i], group[i].P);
  for (size_t done = 0; done < dkLen; done += 32) {
    for (int i = 0; i < n; i++) set_salt(&lanes[i], group[i].S, (uint32_t)(done / 32 + 1));
    k->iterate(n, lanes, c - 1);
    for (int i = 0; i < n; i++) store_words(group[i].DK.at + done, lanes[i].T, dkLen - done < 32 ? dkLen - done : 32);
  }
}
