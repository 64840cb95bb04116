// scryptROMix (RFC 7914, sections 3 to 5) of HASHES hashes in step, LANES of them side by side in each of CHAINS vectors.
// Include after defining NAME, LANES and CHAINS.
//
// A 64-byte block is kept as four rows of diagonals: word i of the kernel's block is word 5i mod 16 of the RFC's block.
// A quarter of a column round is then one vector operation. V keeps this layout; B does not.

#define HASHES (LANES * CHAINS)
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define FN(name) JOIN(name, NAME)
#define EACH_CHAIN _Pragma("GCC unroll 4") for (int c = 0; c < CHAINS; c++)
#define EACH_ROW _Pragma("GCC unroll 4") for (int row = 0; row < 4; row++)

typedef uint32_t FN(vec) __attribute__((vector_size(16 * LANES)));
#define VEC FN(vec)

/** A block of each hash, by row, with one vector of each chain in each row. */
typedef struct {
  VEC row[4][CHAINS];
} FN(block);
#define BLOCK FN(block)

#if LANES == 1
#define ROTATE_LANES(x, i, j, k, l) SHUFFLE(x, i, j, k, l)
#elif LANES == 2
#define ROTATE_LANES(x, i, j, k, l) SHUFFLE(x, i, j, k, l, i + 4, j + 4, k + 4, l + 4)
#else
#define ROTATE_LANES(x, i, j, k, l) \
  SHUFFLE(x, i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, i + 12, j + 12, k + 12, l + 12)
#endif
#define RIGHT1(x) ROTATE_LANES(x, 3, 0, 1, 2)
#define RIGHT2(x) ROTATE_LANES(x, 2, 3, 0, 1)
#define RIGHT3(x) ROTATE_LANES(x, 1, 2, 3, 0)

#define ROTL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define STEP(x, y, z, n) EACH_CHAIN x[c] ^= ROTL(y[c] + z[c], n)

/** One row of one block of the hashes of chain c, each from its own memory. */
static ALWAYS_INLINE VEC FN(gather)(const uint8_t *const from[HASHES], int c, size_t offset) {
#define ROW(lane) (*(const v4 *)(from[LANES * c + (lane)] + offset))
#if LANES == 1
  return ROW(0);
#elif LANES == 2
  return CONCAT8(ROW(0), ROW(1));
#else
  return CONCAT16(CONCAT8(ROW(0), ROW(1)), CONCAT8(ROW(2), ROW(3)));
#endif
#undef ROW
}

static ALWAYS_INLINE void FN(scatter)(VEC x, uint8_t *const to[HASHES], int c, size_t offset) {
  const v4 *rows = (const v4 *)&x;
  _Pragma("GCC unroll 4") for (int lane = 0; lane < LANES; lane++) {
    *(v4 *)(to[LANES * c + lane] + offset) = rows[lane];
  }
}

/** Salsa20/8 (section 3). */
static ALWAYS_INLINE void FN(salsa20_8)(BLOCK *B) {
  BLOCK X = *B;
#define x0 X.row[0]
#define x1 X.row[1]
#define x2 X.row[2]
#define x3 X.row[3]
  _Pragma("GCC unroll 4") for (int i = 0; i < 8; i += 2) {
    STEP(x1, x0, x3, 7);
    STEP(x2, x1, x0, 9);
    STEP(x3, x2, x1, 13);
    STEP(x0, x3, x2, 18);
    EACH_CHAIN x1[c] = RIGHT1(x1[c]);
    EACH_CHAIN x2[c] = RIGHT2(x2[c]);
    EACH_CHAIN x3[c] = RIGHT3(x3[c]);
    STEP(x3, x0, x1, 7);
    STEP(x2, x3, x0, 9);
    STEP(x1, x2, x3, 13);
    STEP(x0, x1, x2, 18);
    EACH_CHAIN x1[c] = RIGHT3(x1[c]);
    EACH_CHAIN x2[c] = RIGHT2(x2[c]);
    EACH_CHAIN x3[c] = RIGHT1(x3[c]);
  }
#undef x0
#undef x1
#undef x2
#undef x3
  EACH_ROW EACH_CHAIN B->row[row][c] += X.row[row][c];
}

/** scryptBlockMix (section 4) of B; also copies B to V. */
static NEVER_INLINE void FN(fill)(const BLOCK *B, BLOCK *out, uint8_t *const V[HASHES], size_t offset, uint32_t r) {
  BLOCK X = B[2 * r - 1];
  for (uint32_t i = 0; i < 2 * r; i++, offset += 64) {
    EACH_ROW EACH_CHAIN {
      FN(scatter)(B[i].row[row][c], V, c, offset + 16 * row);
      X.row[row][c] ^= B[i].row[row][c];
    }
    FN(salsa20_8)(&X);
    out[i / 2 + (i & 1) * r] = X;
  }
}

/** scryptBlockMix of B xor V_j, where j = Integerify(B) mod N. */
static NEVER_INLINE void FN(mix)(const BLOCK *B, BLOCK *out, uint8_t *const V[HASHES], uint32_t N, uint32_t r) {
  const uint8_t *Vj[HASHES];
  const uint32_t *last = (const uint32_t *)&B[2 * r - 1];
  _Pragma("GCC unroll 4") for (int hash = 0; hash < HASHES; hash++) {
    Vj[hash] = V[hash] + (size_t)(last[4 * hash] & (N - 1)) * 128 * r;
    // The last line is needed first.
    for (uint32_t line = 2 * r; line-- > 0;) __builtin_prefetch(Vj[hash] + 64 * line);
  }
  BLOCK X = B[2 * r - 1];
  EACH_ROW EACH_CHAIN X.row[row][c] ^= FN(gather)(Vj, c, 64 * (2 * r - 1) + 16 * row);
  size_t offset = 0;
  for (uint32_t i = 0; i < 2 * r; i++, offset += 64) {
    EACH_ROW EACH_CHAIN X.row[row][c] ^= B[i].row[row][c] ^ FN(gather)(Vj, c, offset + 16 * row);
    FN(salsa20_8)(&X);
    out[i / 2 + (i & 1) * r] = X;
  }
}

/** scryptROMix (section 5) of the 128·r bytes at each B, in place; V has 128·r·N bytes for each. N is even. */
ZERO_REGISTERS static void FN(romix)(uint8_t *const B[HASHES], uint8_t *const V[HASHES], uint32_t N, uint32_t r) {
  BLOCK X[2 * MAX_R], Y[2 * MAX_R];
  uint32_t *words = (uint32_t *)X;
  const size_t size = 128 * (size_t)r;
#define WORD_OF_X(block, i, hash) words[((block) * 4 + (i) / 4) * 4 * HASHES + 4 * (hash) + (i) % 4]
  for (int hash = 0; hash < HASHES; hash++)
    for (uint32_t block = 0; block < 2 * r; block++)
      for (int i = 0; i < 16; i++) WORD_OF_X(block, i, hash) = load_le32(B[hash] + 64 * block + 4 * (5 * i % 16));
  for (uint32_t i = 0; i < N; i += 2) {
    FN(fill)(X, Y, V, i * size, r);
    FN(fill)(Y, X, V, (i + 1) * size, r);
  }
  for (uint32_t i = 0; i < N; i += 2) {
    FN(mix)(X, Y, V, N, r);
    FN(mix)(Y, X, V, N, r);
  }
  for (int hash = 0; hash < HASHES; hash++)
    for (uint32_t block = 0; block < 2 * r; block++)
      for (int i = 0; i < 16; i++) store_le32(B[hash] + 64 * block + 4 * (5 * i % 16), WORD_OF_X(block, i, hash));
#undef WORD_OF_X
  wipe(X, sizeof X);
  wipe(Y, sizeof Y);
}

#undef NAME
#undef LANES
#undef CHAINS
#undef HASHES
#undef VEC
#undef BLOCK
#undef ROTATE_LANES
