// Detects the kernels that this processor can run.
#include <pthread.h>
#include <stdbool.h>
#include "kernel.h"

#if defined(__x86_64__)
#include <cpuid.h>
extern const kernel kernel_sse2, kernel_avx2, kernel_avx512;

static bool has_sha_extensions(void) {
  unsigned a, b, c, d;
  return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
}
#elif defined(__aarch64__)
extern const kernel kernel_neon;
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
static int found_count;

/** Adds a kernel: first with the SHA extensions, if available, then without. */
static void add(bool runs, const kernel *vectors, kernel *with_sha, const char *name_with_sha) {
  if (!runs) return;
  if (has_sha_extensions()) {
    *with_sha = *vectors;
    with_sha->name = name_with_sha;
    with_sha->iterate = iterate_sha;
    found[found_count++] = with_sha;
  }
  found[found_count++] = vectors;
}

static void find(void) {
  static kernel with_sha[3];
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
  add(avx512, &kernel_avx512, &with_sha[0], "avx512+sha");
  add(avx2, &kernel_avx2, &with_sha[1], "avx2+sha");
  add(true, &kernel_sse2, &with_sha[2], "sse2+sha");
#else
  add(true, &kernel_neon, &with_sha[0], "neon+sha");
#endif
}

const kernel *const *find_kernels(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find);
  return found;
}
