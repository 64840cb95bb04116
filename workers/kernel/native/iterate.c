// The iteration of PBKDF2 for as many passwords at once as a WORD has lanes, as a function named ITERATE. Compiled for
// each instruction set, and for scalar operations.
#include "sha256.h"

#define LANES ((int)sizeof(WORD) / 4)

ZERO_REGISTERS void ITERATE(int n, pbkdf2_lane lanes[], uint32_t count) {
  // Scalar operations are faster for one password.
  if (n == 1 && LANES > 1) return iterate_scalar(n, lanes, count);
  for (int first = 0; first < n; first += LANES) {
    const int used = n - first < LANES ? n - first : LANES;
    enum { inner, outer, U, T };
    WORD words[4][8] = {0};
#define WORD_OF_LANE(i) ((uint32_t *)words)[(i) * LANES + lane]
    for (int lane = 0; lane < used; lane++)
      for (int i = 0; i < 32; i++) WORD_OF_LANE(i) = ((uint32_t *)&lanes[first + lane])[i];
    for (uint32_t done = 0; done < count; done++) {
      sha256_second_block(words[U], words[inner]);
      sha256_second_block(words[U], words[outer]);
      for (int i = 0; i < 8; i++) words[T][i] ^= words[U][i];
    }
    for (int lane = 0; lane < used; lane++)
      for (int i = 0; i < 8; i++) lanes[first + lane].T[i] = WORD_OF_LANE(8 * T + i);
  }
}
