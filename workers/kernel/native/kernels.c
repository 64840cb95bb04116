// Detects the kernels that this processor can run.
#include <stdbool.h>
#include <time.h>
#include "kernel.h"

kernel kernels[9];

static void add(const kernel *k, bool has_sha_extensions) {
  kernel *next = kernels;
  while (*next->isa) next++;
  if (has_sha_extensions) {
    *next = *k;
    next->iterate = iterate_sha;
    strcat(next++->isa, "+sha");
  }
  *next = *k;
}

/** Returns the time of a small scryptROMix in ns. */
static long measure(romix_function *romix) {
  _Alignas(64) static uint8_t B[1024], V[16][1024];
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  romix((uint8_t *[]){B}, (uint8_t *[]){*V}, 16, 8);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
}

/** Returns whether scalar operations are faster for one hash, which waits for the result of each operation. */
static bool prefers_scalar(const kernel *k) {
  long scalar = measure(kernel_scalar.romix1), vector = measure(k->romix1);
  for (int i = 0; i < 30; i++) {
    const long ns[2] = {measure(kernel_scalar.romix1), measure(k->romix1)};
    if (ns[0] < scalar) scalar = ns[0];
    if (ns[1] < vector) vector = ns[1];
  }
  return scalar < vector;
}

#if defined(__x86_64__)
#include <cpuid.h>
extern const kernel kernel_sse2, kernel_avx2, kernel_avx512;

static void add_vector_kernels(void) {
  unsigned a, b = 0, c, d;
  __builtin_cpu_init();
  const bool sha = __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) add(&kernel_avx512, sha);
  if (__builtin_cpu_supports("avx2")) add(&kernel_avx2, sha);
  add(&kernel_sse2, false);
}
#elif defined(__aarch64__)
extern const kernel kernel_neon;
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#define HAS_SHA (getauxval(AT_HWCAP) & HWCAP_SHA2)
#else
#define HAS_SHA true
#endif

static void add_vector_kernels(void) {
  add(&kernel_neon, HAS_SHA);
}
#else
#error "the native kernel is for x86-64 and arm64"
#endif

/** Runs when the library is loaded, before any thread uses it; takes about 2 ms. */
__attribute__((constructor)) static void detect(void) {
  add_vector_kernels();
  add(&kernel_scalar, false);
  if (prefers_scalar(&kernels[0])) kernels[0].romix1 = kernel_scalar.romix1;
}
