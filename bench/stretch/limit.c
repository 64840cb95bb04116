// The native kernel without Node, queue and checks, for one processor (-march=native): the minimum cost of a stretch.
// Prints JSON: the CPU ms of each password.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "kernel.h"
#include "slots.h"

typedef struct {
  const kernel *k;
  int region, thread, group, rounds;
  double cpu_ms;
} job;

static double thread_cpu_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void *run(void *argument) {
  job *j = argument;
  static const uint8_t text[] = "a password of some length";
  message P[MAX_GROUP], S[MAX_GROUP];
  uint8_t keys[MAX_GROUP][32], *DK[MAX_GROUP], *V[MAX_GROUP];
  uint32_t slots[MAX_GROUP];
  for (int i = 0; i < j->group; i++) {
    P[i] = (message){text, sizeof text - 1 - (size_t)i, NULL, 0};
    S[i] = P[i];
    DK[i] = keys[i];
    slots[i] = (uint32_t)(MAX_GROUP * j->thread + i);
  }
  if (claim_slots(j->region, j->group, slots, V)) exit(1);
  // The first round maps the memory.
  for (int round = -1; round < j->rounds; round++) {
    const double started_ms = thread_cpu_ms();
    stretch(j->k, j->group, P, S, V, DK);
    if (round >= 0) j->cpu_ms += (thread_cpu_ms() - started_ms) / (j->group * j->rounds);
  }
  release_slots(j->region, j->group, slots);
  return NULL;
}

/** Arguments: threads, group, rounds. */
int main(int argc, char **argv) {
  const int threads = argc == 4 ? atoi(argv[1]) : 0, group = argc == 4 ? atoi(argv[2]) : 0;
  if (threads < 1 || threads > 1024 || group < 1 || group > MAX_GROUP || atoi(argv[3]) < 1) return 2;
  static job jobs[1024];
  static pthread_t ids[1024];
  const int region = map_region((size_t)threads * MAX_GROUP);
  double cpu_ms = 0;
  for (int i = 0; i < threads; i++) {
    jobs[i] = (job){*find_kernels(), region, i, group, atoi(argv[3]), 0};
    if (region < 0 || pthread_create(&ids[i], NULL, run, &jobs[i])) return 1;
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    cpu_ms += jobs[i].cpu_ms / threads;
  }
  printf("{\"cpuMs\": %.2f}\n", cpu_ms);
}
