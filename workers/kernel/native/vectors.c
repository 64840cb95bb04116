// scryptROMix and PBKDF2 in vectors. Compiled once for each instruction set, whose name ISA is.
#define WORD v4
#include <stdint.h>
typedef uint32_t v4 __attribute__((vector_size(16)));
typedef uint32_t v8 __attribute__((vector_size(32)));
typedef uint32_t v16 __attribute__((vector_size(64)));
#include "sha256.h"

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(x, ...) __builtin_shufflevector(x, x, __VA_ARGS__)
#define CONCAT8(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7)
#define CONCAT16(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#else
#define SHUFFLE(x, ...) __builtin_shuffle(x, (__typeof__(x)){__VA_ARGS__})
#define CONCAT8(a, b) ((v8){(a)[0], (a)[1], (a)[2], (a)[3], (b)[0], (b)[1], (b)[2], (b)[3]})
#define CONCAT16(a, b) \
  ((v16){(a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5], (a)[6], (a)[7], \
         (b)[0], (b)[1], (b)[2], (b)[3], (b)[4], (b)[5], (b)[6], (b)[7]})
#endif

#define NAME 1
#define LANES 1
#define CHAINS 1
#include "romix.h"

#define NAME 2
#if defined(__AVX2__)
#define LANES 2
#define CHAINS 1
#else
#define LANES 1
#define CHAINS 2
#endif
#include "romix.h"

#define NAME 4
#if defined(__AVX512F__)
#define LANES 4
#define CHAINS 1
#include "romix.h"
#elif defined(__AVX2__)
#define LANES 2
#define CHAINS 2
#include "romix.h"
#elif defined(__aarch64__)
#define LANES 1
#define CHAINS 4
#include "romix.h"
#else
// Sixteen registers hold two hashes, not four.
static void romix_4(uint8_t *const B[4], uint8_t *const V[4], uint32_t N, uint32_t r) {
  romix_2(B, V, N, r);
  romix_2(B + 2, V + 2, N, r);
}
#endif

ZERO_REGISTERS static void iterate(int n, pbkdf2_lane lanes[], uint32_t count) {
  if (n == 1) {
    iterate_scalar(n, lanes, count);
    return;
  }
  v4 words[4][8] = {0};
  for (int lane = 0; lane < n; lane++) {
    for (int i = 0; i < 8; i++) {
      words[0][i][lane] = lanes[lane].inner[i];
      words[1][i][lane] = lanes[lane].outer[i];
      words[2][i][lane] = lanes[lane].U[i];
      words[3][i][lane] = lanes[lane].T[i];
    }
  }
  iterate_words(words[0], words[1], words[2], words[3], count);
  for (int lane = 0; lane < n; lane++) {
    for (int i = 0; i < 8; i++) lanes[lane].T[i] = words[3][i][lane];
  }
  wipe(words, sizeof words);
}

#define STRING_(isa) #isa
#define STRING(isa) STRING_(isa)
const kernel JOIN(kernel, ISA) = {STRING(ISA), romix_1, romix_2, romix_4, iterate};
const kernel JOIN(JOIN(kernel, ISA), sha) = {STRING(ISA) "+sha", romix_1, romix_2, romix_4, iterate_sha};
