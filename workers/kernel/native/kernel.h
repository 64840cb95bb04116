// Shared declarations of the native kernel. Names are those of RFC 7914 (scrypt), RFC 8018 (PBKDF2) and FIPS 180-4.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MAX_GROUP 4
#define MAX_R 32
/** Maximum of 128·r·p. */
#define MAX_B_BYTES 16384
#define SLOT_BYTES ((size_t)64 << 20)
#define ALWAYS_INLINE inline __attribute__((always_inline))
/** Compiles a function once although it is called twice, to shorten the build. */
#define NEVER_INLINE __attribute__((noinline))

/** Zeroes registers on return, for functions that leave secrets in them. */
#if defined(__has_attribute)
#if __has_attribute(zero_call_used_regs)
#define ZERO_REGISTERS __attribute__((zero_call_used_regs("all")))
#endif
#endif
#ifndef ZERO_REGISTERS
#define ZERO_REGISTERS
#endif

/** The concatenation of two byte strings. */
typedef struct {
  const uint8_t *head;
  size_t head_length;
  const uint8_t *tail;
  size_t tail_length;
} message;

/** State of PBKDF2 of one password: HMAC's states after its inner and outer key block, U_i and the sum T. */
typedef struct {
  uint32_t inner[8], outer[8], U[8], T[8];
} pbkdf2_lane;

/** scryptROMix of the 128·r bytes at each B, in place, with 128·r·N bytes at each V. N is a power of two above 1. */
typedef void romix_function(uint8_t *const B[], uint8_t *const V[], uint32_t N, uint32_t r);
/** `count` iterations of PBKDF2 for each of n passwords: U = HMAC(U), T = T xor U. */
typedef void iterate_function(int n, pbkdf2_lane lanes[], uint32_t count);

/** The functions for an instruction set. */
typedef struct {
  const char *name;
  romix_function *romix1, *romix2, *romix4;
  iterate_function *iterate;
} kernel;

extern const uint32_t sha256_K[64];

/** Returns every kernel that this processor can run, the fastest first, and a null pointer. */
const kernel *const *find_kernels(void);

iterate_function iterate_scalar, iterate_sha;
/** PBKDF2-HMAC-SHA256 of each of n passwords, dkLen bytes to each DK. */
void pbkdf2(const kernel *k, int n, const message P[], const message S[], uint32_t c, uint8_t *const DK[], size_t dkLen);
/** scrypt of each of n passwords in step, with 128·N·r bytes at each V. 128·r·p is at most MAX_B_BYTES. */
void scrypt(const kernel *k, int n, const message P[], const message S[], uint32_t N, uint32_t r, uint32_t p,
            uint8_t *const V[], uint8_t *const DK[], size_t dkLen);
/** stretchedPW, 32 bytes, of each of n passwords (docs/protocol.md, "Password stretching", steps 1 to 3). */
void stretch(const kernel *k, int n, const message passwords[], const message emails[], uint8_t *const V[],
             uint8_t *const stretchedPW[]);

/** Zeroes memory. The compiler cannot remove this call. */
static inline void wipe(void *bytes, size_t length) {
  memset(bytes, 0, length);
  __asm__ volatile("" : : "r"(bytes) : "memory");
}

static inline uint32_t load_le32(const uint8_t *b) {
  return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline void store_le32(uint8_t *b, uint32_t x) {
  for (int i = 0; i < 4; i++) b[i] = (uint8_t)(x >> 8 * i);
}
