// scryptROMix and PBKDF2 in vectors. Compiled once for each instruction set, whose name ISA is.
#define WORD v4
#include "sha256.h"

typedef uint32_t v8 __attribute__((vector_size(32)));
typedef uint32_t v16 __attribute__((vector_size(64)));

/** SHUFFLE permutes each four words of a vector alike; CONCAT joins two vectors. */
#define IN_ROW(row, i, j, k, l) i + 4 * row, j + 4 * row, k + 4 * row, l + 4 * row
#define IN_ROWS_1(...) IN_ROW(0, __VA_ARGS__)
#define IN_ROWS_2(...) IN_ROW(0, __VA_ARGS__), IN_ROW(1, __VA_ARGS__)
#define IN_ROWS_4(...) IN_ROWS_2(__VA_ARGS__), IN_ROW(2, __VA_ARGS__), IN_ROW(3, __VA_ARGS__)
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(x, ...) __builtin_shufflevector(x, x, JOIN(IN_ROWS, LANES)(__VA_ARGS__))
#define CONCAT8(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7)
#define CONCAT16(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#else
#define SHUFFLE(x, ...) __builtin_shuffle(x, (VEC){JOIN(IN_ROWS, LANES)(__VA_ARGS__)})
#define WORDS(x) (x)[0], (x)[1], (x)[2], (x)[3]
#define CONCAT8(a, b) ((v8){WORDS(a), WORDS(b)})
#define CONCAT16(a, b) ((v16){WORDS(a), WORDS(&(a)[4]), WORDS(b), WORDS(&(b)[4])})
#endif

#define NAME 1
#define LANES 1
#define CHAINS 1
#include "romix.h"

#define NAME 2
#if defined(__AVX2__)
#define LANES 2
#else
#define LANES 1
#endif
#define CHAINS (2 / LANES)
#include "romix.h"

#if defined(__x86_64__) && !defined(__AVX2__)
// Sixteen registers hold two hashes, not four.
#define romix_4 NULL
#else
#define NAME 4
#if defined(__AVX512F__)
#define LANES 4
#elif defined(__AVX2__)
#define LANES 2
#else
#define LANES 1
#endif
#define CHAINS (4 / LANES)
#include "romix.h"
#endif

ZERO_REGISTERS static void iterate(int n, pbkdf2_lane lanes[], uint32_t count) {
  if (n == 1) iterate_scalar(n, lanes, count);
  else iterate_lanes(n, lanes, count);
}

#define STRING_(isa) #isa
#define STRING(isa) STRING_(isa)
const kernel JOIN(kernel, ISA) = {STRING(ISA), iterate, romix_1, romix_2, romix_4};
