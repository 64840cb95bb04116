#include "slots.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "kernel.h"

#define MAX_REGIONS 64
#define HUGE_PAGE ((size_t)2 << 20)
#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

typedef struct {
  void *mapping;
  uint8_t *first;
  size_t slots, claimed_count;
  bool *claimed;
  bool closing;
} region;

static region regions[MAX_REGIONS];
static int last_region = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t mapped_bytes(size_t slots) {
  return slots * SLOT_BYTES + HUGE_PAGE;
}

/** Maps the memory in huge pages, excluded from core dumps. */
static bool map(region *r, size_t slots) {
  bool *claimed = calloc(slots, sizeof *claimed);
  if (!claimed) return false;
  void *mapping = mmap(NULL, mapped_bytes(slots), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    free(claimed);
    return false;
  }
#ifdef MADV_HUGEPAGE
  madvise(mapping, mapped_bytes(slots), MADV_HUGEPAGE);
#endif
#ifdef MADV_DONTDUMP
  madvise(mapping, mapped_bytes(slots), MADV_DONTDUMP);
#endif
  uint8_t *first = (uint8_t *)(((uintptr_t)mapping + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
  *r = (region){.mapping = mapping, .first = first, .slots = slots, .claimed = claimed};
  return true;
}

static void unmap(region *r) {
  munmap(r->mapping, mapped_bytes(r->slots));
  free(r->claimed);
  *r = (region){0};
}

static region *find_region(int number) {
  if (number < 0 || number >= MAX_REGIONS || !regions[number].mapping || regions[number].closing) return NULL;
  return &regions[number];
}

int map_region(size_t slots) {
  if (slots < 1 || slots > MAX_SLOTS) return -1;
  int number = -1;
  pthread_mutex_lock(&lock);
  // The oldest free number: a thread that is being terminated may still use the number of its region.
  for (int i = 1; i <= MAX_REGIONS && number < 0; i++) {
    const int next = (last_region + i) % MAX_REGIONS;
    if (!regions[next].mapping) number = next;
  }
  if (number >= 0 && !map(&regions[number], slots)) number = -1;
  if (number >= 0) last_region = number;
  pthread_mutex_unlock(&lock);
  return number;
}

bool unmap_region(int number) {
  pthread_mutex_lock(&lock);
  region *r = find_region(number);
  if (r) {
    r->closing = true;
    if (r->claimed_count == 0) unmap(r);
  }
  pthread_mutex_unlock(&lock);
  return r != NULL;
}

static const char *claim(region *r, int n, const uint32_t slots[], uint8_t *V[]) {
  if (!r) return "there is no such region of slots";
  for (int i = 0; i < n; i++) {
    if (slots[i] >= r->slots) return "the region has no such slot";
    if (r->claimed[slots[i]]) return "a slot is in use";
    for (int j = 0; j < i; j++) {
      if (slots[i] == slots[j]) return "every password needs a slot of its own";
    }
  }
  for (int i = 0; i < n; i++) {
    r->claimed[slots[i]] = true;
    V[i] = r->first + slots[i] * SLOT_BYTES;
  }
  r->claimed_count += (size_t)n;
  return NULL;
}

const char *claim_slots(int number, int n, const uint32_t slots[], uint8_t *V[]) {
  pthread_mutex_lock(&lock);
  const char *wrong = claim(find_region(number), n, slots, V);
  pthread_mutex_unlock(&lock);
  return wrong;
}

void release_slots(int number, int n, const uint32_t slots[]) {
  pthread_mutex_lock(&lock);
  region *r = &regions[number];
  for (int i = 0; i < n; i++) r->claimed[slots[i]] = false;
  r->claimed_count -= (size_t)n;
  if (r->closing && r->claimed_count == 0) unmap(r);
  pthread_mutex_unlock(&lock);
}
