// Declarations of the native kernel. Names are those of RFC 7914 (scrypt), RFC 8018 (PBKDF2) and FIPS 180-4 (SHA-256).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MAX_GROUP 4
/** Maximum length of P, S and DK. */
#define MAX_BYTES 1024
#define MAX_R 32
/** Maximum of 128·r·p. */
#define MAX_B_BYTES 16384
#define ROTL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define ALWAYS_INLINE inline __attribute__((always_inline))

/** Zeroes registers on return, for functions that leave secrets in them. */
#if __has_attribute(zero_call_used_regs)
#define ZERO_REGISTERS __attribute__((zero_call_used_regs("all")))
#else
#define ZERO_REGISTERS
#endif

typedef uint32_t v4 __attribute__((vector_size(16), may_alias));

typedef struct {
  uint8_t *at;
  size_t length;
} bytes;

/** One password of a group: its salt, the memory of its scrypt in blocks of 64 bytes, and the derived key. */
typedef struct {
  bytes P, S, V, DK;
} derivation;

/** PBKDF2 of one password: HMAC's states after its inner and outer key block, U_i and the sum T. */
typedef struct {
  uint32_t inner[8], outer[8], U[8], T[8];
} pbkdf2_lane;

/** Computes `count` iterations of PBKDF2 for each of n passwords: U = HMAC(U), T = T xor U. */
typedef void iterate_function(int n, pbkdf2_lane lanes[], uint32_t count);
/** scryptROMix of the 128·r bytes at each B, in place, with 128·r·N bytes at each V. N is a power of two above 1. */
typedef void romix_function(uint8_t *const B[], uint8_t *const V[], uint32_t N, uint32_t r);

/** The functions for an instruction set. The numbers are those of passwords in step; a missing function is NULL. */
typedef struct {
  /** Those that the processor must have. */
  unsigned features;
  const char *isa;
  iterate_function *iterate;
  romix_function *romix1, *romix2, *romix4;
} kernel;

/** The kernels that this processor can run. The first is the fastest, the last is followed by one without a name. */
extern kernel kernels[];

extern const uint32_t sha256_K[64];
iterate_function iterate_scalar, iterate_sha;
romix_function romix_scalar;

/** PBKDF2-HMAC-SHA256 of each of n passwords. Every DK has the length of the first. */
void pbkdf2(const kernel *k, int n, const derivation group[], uint32_t c);
/** scrypt of each of n passwords in step, with 128·N·r bytes at each V. 128·r·p is at most MAX_B_BYTES. */
void scrypt(const kernel *k, int n, const derivation group[], uint32_t N, uint32_t r, uint32_t p);
/** stretchedPW, 32 bytes, of each of n passwords; S is the email (docs/protocol.md, "Password stretching", 1 to 3). */
void stretch(const kernel *k, int n, const derivation group[]);
