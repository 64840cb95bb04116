// The native kernel without Node, queue and checks, for one processor (-march=native): the minimum cost of a stretch.
// limit threads group rounds: prints the CPU ms of each password as JSON.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include "kernel.h"

#define HUGE_PAGE ((size_t)2 << 20)
#define V_BYTES ((size_t)64 << 20)

static int threads, n, rounds;

static double thread_cpu_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/** Writes the mean CPU ms of a password. */
static void *run(void *cpu_ms) {
  static uint8_t text[] = "a password of some length";
  uint8_t keys[MAX_GROUP][32], *V = aligned_alloc(HUGE_PAGE, n * V_BYTES);
  derivation group[MAX_GROUP];
  if (!V) exit(1);
#ifdef __linux__
  madvise(V, n * V_BYTES, MADV_HUGEPAGE);
#endif
  for (int i = 0; i < n; i++) {
    const bytes password = {text, sizeof text - 1 - (size_t)i};
    group[i] = (derivation){password, password, {V + i * V_BYTES, V_BYTES}, {keys[i], 32}};
  }
  // The first round maps the memory.
  stretch(kernels, n, group);
  const double started_ms = thread_cpu_ms();
  for (int i = 0; i < rounds; i++) stretch(kernels, n, group);
  *(double *)cpu_ms = (thread_cpu_ms() - started_ms) / (n * rounds);
  return NULL;
}

int main(int argc, char **argv) {
  threads = argc == 4 ? atoi(argv[1]) : 0, n = argc == 4 ? atoi(argv[2]) : 0, rounds = argc == 4 ? atoi(argv[3]) : 0;
  if (threads < 1 || threads > 1024 || n < 1 || n > MAX_GROUP || rounds < 1) return 2;
  static pthread_t ids[1024];
  static double cpu_ms[1024];
  double total_ms = 0;
  for (int i = 0; i < threads; i++) {
    if (pthread_create(&ids[i], NULL, run, &cpu_ms[i])) return 1;
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    total_ms += cpu_ms[i];
  }
  printf("{\"cpuMs\": %.2f}\n", total_ms / threads);
}
