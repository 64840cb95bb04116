// Detects the kernels that this processor can run.
#include <stdbool.h>
#include "kernel.h"

#if defined(__x86_64__)
#include <cpuid.h>
extern const kernel kernel_sse2, kernel_avx2, kernel_avx512, kernel_sse2_sha, kernel_avx2_sha, kernel_avx512_sha;

static bool has_sha_extensions(void) {
  unsigned a, b, c, d;
  return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}
#elif defined(__aarch64__)
extern const kernel kernel_neon, kernel_neon_sha;
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

static bool has_sha_extensions(void) {
  return getauxval(AT_HWCAP) & HWCAP_SHA2;
}
#else
static bool has_sha_extensions(void) {
  return true;
}
#endif
#else
#error "the native kernel is for x86-64 and arm64"
#endif

static const kernel *found[8];

/** Runs when the library is loaded, before any thread uses it. */
__attribute__((constructor)) static void detect(void) {
  const kernel **next = found;
#define ADD(runs, isa)                                     \
  do {                                                     \
    if ((runs) && has_sha_extensions()) *next++ = &isa##_sha; \
    if (runs) *next++ = &isa;                              \
  } while (0)
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2");
  ADD(avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"), kernel_avx512);
  ADD(avx2, kernel_avx2);
  ADD(true, kernel_sse2);
#else
  ADD(true, kernel_neon);
#endif
}

const kernel *const *find_kernels(void) {
  return found;
}
