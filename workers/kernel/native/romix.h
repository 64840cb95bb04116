// scryptROMix (RFC 7914, sections 3 to 5) of HASHES hashes in step, LANES of them side by side in each of CHAINS vectors.
// Include after defining NAME, LANES and CHAINS,
// and for scalar operations SCALAR and salsa20_8_words.
//
// A 64-byte block is kept as four rows of diagonals: word i of the kernel's block is word 5i mod 16 of the RFC's block.
// A quarter of a column round is then one vector operation. V keeps this layout; B does not.

#define HASHES (LANES * CHAINS)
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define FN(name) JOIN(name, NAME)
#define VEC FN(vec)
#define BLOCK FN(block)
#define EACH_CHAIN _Pragma("GCC unroll 4") for (int c = 0; c < CHAINS; c++)
#define EACH_ROW _Pragma("GCC unroll 4") for (int row = 0; row < 4; row++)

typedef uint32_t VEC __attribute__((vector_size(16 * LANES)));

/** A block of each hash, by row, with one vector of each chain in each row. */
typedef struct {
  VEC row[4][CHAINS];
} BLOCK;

/** One row of one block of the hashes of chain c, each from its own memory. */
static ALWAYS_INLINE VEC FN(gather)(uint8_t *const from[HASHES], int c, size_t offset) {
#define ROW(lane) (*(const v4 *)(from[LANES * c + (lane)] + offset))
#if LANES == 1
  return ROW(0);
#elif LANES == 2
  return CONCAT8(ROW(0), ROW(1));
#else
  return CONCAT16(CONCAT8(ROW(0), ROW(1)), CONCAT8(ROW(2), ROW(3)));
#endif
}

static ALWAYS_INLINE void FN(scatter)(VEC x, uint8_t *const to[HASHES], int c, size_t offset) {
  _Pragma("GCC unroll 4") for (int lane = 0; lane < LANES; lane++) {
    *(v4 *)(to[LANES * c + lane] + offset) = ((const v4 *)&x)[lane];
  }
}

#ifndef SCALAR
/** One round of Salsa20/8: of columns with rows 1 and 3, of rows with 3 and 1. */
static ALWAYS_INLINE void FN(salsa_round)(BLOCK *X, int one, int three) {
#define x(i) X->row[i][c]
  EACH_CHAIN x(one) ^= ROTL(x(0) + x(three), 7);
  EACH_CHAIN x(2) ^= ROTL(x(one) + x(0), 9);
  EACH_CHAIN x(three) ^= ROTL(x(2) + x(one), 13);
  EACH_CHAIN x(0) ^= ROTL(x(three) + x(2), 18);
  EACH_CHAIN x(one) = SHUFFLE(x(one), 3, 0, 1, 2);
  EACH_CHAIN x(2) = SHUFFLE(x(2), 2, 3, 0, 1);
  EACH_CHAIN x(three) = SHUFFLE(x(three), 1, 2, 3, 0);
#undef x
}

/** Salsa20/8 (section 3). */
static ALWAYS_INLINE void FN(salsa20_8)(BLOCK *B) {
  BLOCK X = *B;
  _Pragma("GCC unroll 4") for (int i = 0; i < 8; i += 2) {
    FN(salsa_round)(&X, 1, 3);
    FN(salsa_round)(&X, 3, 1);
  }
  EACH_ROW EACH_CHAIN B->row[row][c] += X.row[row][c];
}
#endif

/** scryptBlockMix (section 4) of B xor the blocks at V, or of B, which is then copied to V. */
static ALWAYS_INLINE void FN(block_mix)(const BLOCK *B, BLOCK *out, uint8_t *const V[HASHES], uint32_t r, int reads_V) {
  BLOCK X = B[2 * r - 1];
  if (reads_V) EACH_ROW EACH_CHAIN X.row[row][c] ^= FN(gather)(V, c, 64 * (2 * r - 1) + 16 * row);
  for (uint32_t i = 0; i < 2 * r; i++) {
    EACH_ROW EACH_CHAIN {
      if (reads_V) X.row[row][c] ^= FN(gather)(V, c, 64 * i + 16 * row);
      else FN(scatter)(B[i].row[row][c], V, c, 64 * i + 16 * row);
      X.row[row][c] ^= B[i].row[row][c];
    }
#ifdef SCALAR
    salsa20_8_words((uint32_t *)&X);
#else
    FN(salsa20_8)(&X);
#endif
    out[i / 2 + (i & 1) * r] = X;
  }
}

/** Copies the words of each B to X, or back. */
static void FN(copy)(BLOCK *X, uint8_t *const B[HASHES], uint32_t r, int back) {
  for (int hash = 0; hash < HASHES; hash++) {
    for (uint32_t i = 0; i < 32 * r; i++) {
      uint32_t *x = (uint32_t *)X + i / 4 * 4 * HASHES + 4 * hash + i % 4;
      uint32_t *b = (uint32_t *)B[hash] + i / 16 * 16 + 5 * i % 16;
      *(back ? b : x) = *(back ? x : b);
    }
  }
}

/** romix_function for HASHES passwords. */
ZERO_REGISTERS static void FN(romix)(uint8_t *const B[], uint8_t *const V[], uint32_t N, uint32_t r) {
  BLOCK space[2][2 * MAX_R], *X = space[0], *Y = space[1];
  FN(copy)(X, B, r, 0);
  for (uint32_t i = 0; i < 2 * N; i++) {
    uint8_t *block[HASHES];
    for (int hash = 0; hash < HASHES; hash++) {
      const uint32_t Integerify = ((const uint32_t *)&X[2 * r - 1])[4 * hash];
      const size_t j = i < N ? i : Integerify & (N - 1);
      block[hash] = V[hash] + j * 128 * r;
      // The last line is needed first.
      for (uint32_t line = 2 * r; line-- > 0 && i >= N;) __builtin_prefetch(block[hash] + 64 * line);
    }
    if (i < N) FN(block_mix)(X, Y, block, r, 0);
    else FN(block_mix)(X, Y, block, r, 1);
    BLOCK *mixed = Y;
    Y = X;
    X = mixed;
  }
  FN(copy)(X, B, r, 1);
  wipe(space, sizeof space);
}

#undef NAME
#undef LANES
#undef CHAINS
