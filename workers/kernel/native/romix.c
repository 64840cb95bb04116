// scryptROMix (RFC 7914, sections 3 to 5) of HASHES hashes in step, as a function named ROMIX. Compiled for each
// instruction set and number of hashes, and with SCALAR for one hash in scalar operations.
//
// A 64-byte block is kept as four rows of diagonals: word i of the kernel's block is word 5i mod 16 of the RFC's block.
// A quarter of a column round is then one vector operation. V keeps this layout; B does not.
#include "kernel.h"

#if defined(__AVX512F__) && HASHES == 4
#define LANES 4
#elif defined(__AVX2__) && HASHES >= 2
#define LANES 2
#else
#define LANES 1
#endif
/** The number of vectors: LANES hashes are side by side in each. */
#define CHAINS (HASHES / LANES)
#define EACH_CHAIN _Pragma("GCC unroll 4") for (int c = 0; c < CHAINS; c++)
#define EACH_ROW _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++)
#if LANES == 1
#define EACH_LANE(f) f(0)
#elif LANES == 2
#define EACH_LANE(f) f(0), f(1)
#else
#define EACH_LANE(f) f(0), f(1), f(2), f(3)
#endif

typedef uint32_t vector __attribute__((vector_size(16 * LANES)));

/** A 16-byte row of one hash, and those in a vector. */
typedef unsigned __int128 row __attribute__((may_alias));
typedef row rows __attribute__((vector_size(16 * LANES)));

/** A block of each hash. */
typedef struct {
  vector row[4][CHAINS];
} block;

#ifdef SCALAR
/** Salsa20/8 (section 3) in scalar operations. */
static __attribute__((noinline)) void salsa20_8(block *X) {
#define EACH_WORD(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12) f(13) f(14) f(15)
#define LOAD(i) uint32_t x##i = B[13 * i % 16];
#define ADD(i) B[13 * i % 16] += x##i;
#define QUARTER(a, b, c, d) \
  x##b ^= ROTL(x##a + x##d, 7), x##c ^= ROTL(x##b + x##a, 9), x##d ^= ROTL(x##c + x##b, 13), x##a ^= ROTL(x##d + x##c, 18)
  uint32_t *B = (uint32_t *)X;
  EACH_WORD(LOAD)
  for (int i = 0; i < 8; i += 2) {
    QUARTER(0, 4, 8, 12), QUARTER(5, 9, 13, 1), QUARTER(10, 14, 2, 6), QUARTER(15, 3, 7, 11);
    QUARTER(0, 1, 2, 3), QUARTER(5, 6, 7, 4), QUARTER(10, 11, 8, 9), QUARTER(15, 12, 13, 14);
  }
  EACH_WORD(ADD)
}
#else
/** Rotates the four words of each lane: word n becomes the first. */
static ALWAYS_INLINE vector rotate_words(vector x, int n) {
#define WORDS(lane) x[4 * lane + n], x[4 * lane + (n + 1) % 4], x[4 * lane + (n + 2) % 4], x[4 * lane + (n + 3) % 4]
  return (vector){EACH_LANE(WORDS)};
}

/** Salsa20/8 (section 3). */
static ALWAYS_INLINE void salsa20_8(block *B) {
  block X = *B;
  _Pragma("GCC unroll 8") for (int round = 0; round < 8; round++) {
    // Rounds of columns and of rows alternate. The latter find row 1 and row 3 exchanged.
    const int one = round % 2 ? 3 : 1, three = 4 - one;
#define x(i) X.row[i][c]
    EACH_CHAIN x(one) ^= ROTL(x(0) + x(three), 7);
    EACH_CHAIN x(2) ^= ROTL(x(one) + x(0), 9);
    EACH_CHAIN x(three) ^= ROTL(x(2) + x(one), 13);
    EACH_CHAIN x(0) ^= ROTL(x(three) + x(2), 18);
    EACH_CHAIN x(one) = rotate_words(x(one), 3);
    EACH_CHAIN x(2) = rotate_words(x(2), 2);
    EACH_CHAIN x(three) = rotate_words(x(three), 1);
  }
  EACH_ROW EACH_CHAIN B->row[i][c] += X.row[i][c];
}
#endif

/** Row k of the hashes of chain c, each from its own memory. */
static ALWAYS_INLINE vector gather(row *const V[HASHES], int c, uint32_t k) {
#define ROW(lane) V[LANES * c + (lane)][k]
#ifdef __clang__
  // Clang would move the elements of a list through general registers.
  vector x;
  for (int lane = 0; lane < LANES; lane++) ((row *)&x)[lane] = ROW(lane);
  return x;
#else
  return (vector)(rows){EACH_LANE(ROW)};
#endif
}

static ALWAYS_INLINE void scatter(vector x, row *const V[HASHES], int c, uint32_t k) {
  _Pragma("GCC unroll 4") for (int lane = 0; lane < LANES; lane++) V[LANES * c + lane][k] = ((rows)x)[lane];
}

/** scryptBlockMix (section 4) of B, which is copied to V, or of B xor V. */
static ALWAYS_INLINE void block_mix(const block B[], row *const V[HASHES], block out[], uint32_t r, bool fills_V) {
  block X = B[2 * r - 1];
  if (!fills_V) EACH_ROW EACH_CHAIN X.row[i][c] ^= gather(V, c, 4 * (2 * r - 1) + i);
  for (uint32_t k = 0; k < 2 * r; k++) {
    EACH_ROW EACH_CHAIN {
      if (fills_V) scatter(B[k].row[i][c], V, c, 4 * k + i);
      else X.row[i][c] ^= gather(V, c, 4 * k + i);
      X.row[i][c] ^= B[k].row[i][c];
    }
    salsa20_8(&X);
    out[k / 2 + k % 2 * r] = X;
  }
}

/** Copies the words of each B to X, or back. */
static void copy(block X[], uint8_t *const B[], uint32_t r, bool back) {
  for (int hash = 0; hash < HASHES; hash++) {
    for (uint32_t i = 0; i < 32 * r; i++) {
      uint32_t *x = (uint32_t *)X + i / 4 * 4 * HASHES + 4 * hash + i % 4;
      uint32_t *b = (uint32_t *)B[hash] + i / 16 * 16 + 5 * i % 16;
      *(back ? b : x) = *(back ? x : b);
    }
  }
}

/** romix_function for HASHES passwords. */
ZERO_REGISTERS void ROMIX(uint8_t *const B[], uint8_t *const V[], uint32_t N, uint32_t r) {
  block space[2][2 * MAX_R];
  copy(space[0], B, r, false);
  for (uint32_t i = 0; i < 2 * N; i++) {
    block *X = space[i % 2], *Y = space[(i + 1) % 2];
    row *V_j[HASHES];
    for (int hash = 0; hash < HASHES; hash++) {
      const uint32_t Integerify = ((const uint32_t *)&X[2 * r - 1])[4 * hash];
      const size_t j = i < N ? i : Integerify & (N - 1);
      V_j[hash] = (row *)(V[hash] + j * 128 * r);
      // The last line is needed first.
      for (uint32_t k = 8 * r; k > 0 && i >= N; k -= 4) __builtin_prefetch(&V_j[hash][k - 4]);
    }
    if (i < N) block_mix(X, V_j, Y, r, true);
    else block_mix(X, V_j, Y, r, false);
  }
  copy(space[0], B, r, true);
}
