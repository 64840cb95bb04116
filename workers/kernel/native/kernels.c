// The kernels, and the detection of those that this processor can run.
#include <limits.h>
#include <time.h>
#include "kernel.h"

/** Features of processors. */
enum { AVX2 = 1, AVX512 = 2, SHA = 4 };

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#define ROMIX(isa) romix_##isa##_1, romix_##isa##_2, romix_##isa##_4
iterate_function iterate_sse2, iterate_avx2, iterate_avx512, iterate_neon;
romix_function romix_sse2_1, romix_sse2_2, ROMIX(avx2), ROMIX(avx512), ROMIX(neon);

kernel kernels[] = {
#if defined(__x86_64__)
    {AVX512 | SHA, "avx512+sha", iterate_sha, ROMIX(avx512)},
    {AVX512, "avx512", iterate_avx512, ROMIX(avx512)},
    {AVX2 | SHA, "avx2+sha", iterate_sha, ROMIX(avx2)},
    {AVX2, "avx2", iterate_avx2, ROMIX(avx2)},
    // Sixteen registers of 16 bytes hold two hashes, not four.
    {0, "sse2", iterate_sse2, romix_sse2_1, romix_sse2_2, NULL},
#else
    {SHA, "neon+sha", iterate_sha, ROMIX(neon)},
    {0, "neon", iterate_neon, ROMIX(neon)},
#endif
    {0, "scalar", iterate_scalar, romix_scalar, NULL, NULL},
    {0},
};

static unsigned find_features(void) {
#if defined(__x86_64__)
  unsigned a, b = 0, c, d, found = 0;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) found |= AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) found |= AVX512;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA) found |= SHA;
  return found;
#elif defined(__linux__)
  return getauxval(AT_HWCAP) & HWCAP_SHA2 ? SHA : 0;
#else
  return SHA;
#endif
}

/** Returns whether scalar operations are faster for one hash, which waits for the result of each operation. */
static bool prefers_scalar(const kernel *k) {
  _Alignas(64) static uint8_t B[1024], V[16][1024];
  romix_function *const romix[2] = {romix_scalar, k->romix1};
  long least_ns[2] = {LONG_MAX, LONG_MAX};
  for (int i = 0; i < 60; i++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    romix[i % 2]((uint8_t *[]){B}, (uint8_t *[]){*V}, 16, 8);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const long ns = (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
    if (ns < least_ns[i % 2]) least_ns[i % 2] = ns;
  }
  return least_ns[0] < least_ns[1];
}

/** Runs when the library is loaded, before any thread uses it; takes about 2 ms. */
__attribute__((constructor)) static void detect(void) {
  const unsigned features = find_features();
  kernel *next = kernels;
  for (const kernel *k = kernels; k->isa; k++) {
    if (!(k->features & ~features)) *next++ = *k;
  }
  *next = (kernel){0};
  if (prefers_scalar(&kernels[0])) kernels[0].romix1 = romix_scalar;
}
