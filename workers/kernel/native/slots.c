#include "slots.h"

#include <pthread.h>
#include <sys/mman.h>
#include "kernel.h"

#define MAX_REGIONS 1024
#define HUGE_PAGE ((size_t)2 << 20)
#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

/** A region that is unmapped, or will be when no slot is claimed, has no slots. */
typedef struct {
  void *mapping;
  uint8_t *first;
  size_t bytes;
  uint32_t slots, claimed_count;
  bool claimed[MAX_SLOTS];
} region;

static region regions[MAX_REGIONS];
/** Numbers are not used again: a thread that is being terminated may still use the number of its region. */
static int region_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static region *find_region(int number) {
  return number >= 0 && number < region_count && regions[number].slots > 0 ? &regions[number] : NULL;
}

int map_region(uint32_t slots) {
  const size_t bytes = slots * SLOT_BYTES + HUGE_PAGE;
  int number = -1;
  pthread_mutex_lock(&lock);
  void *mapping = MAP_FAILED;
  if (slots >= 1 && slots <= MAX_SLOTS && region_count < MAX_REGIONS) {
    mapping = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  if (mapping != MAP_FAILED) {
#ifdef __linux__
    madvise(mapping, bytes, MADV_HUGEPAGE);
    madvise(mapping, bytes, MADV_DONTDUMP);
#endif
    uint8_t *first = (uint8_t *)(((uintptr_t)mapping + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
    number = region_count++;
    regions[number] = (region){.mapping = mapping, .first = first, .bytes = bytes, .slots = slots};
  }
  pthread_mutex_unlock(&lock);
  return number;
}

bool unmap_region(int number) {
  pthread_mutex_lock(&lock);
  region *r = find_region(number);
  if (r) {
    r->slots = 0;
    if (r->claimed_count == 0) munmap(r->mapping, r->bytes);
  }
  pthread_mutex_unlock(&lock);
  return r != NULL;
}

const char *claim_slots(int number, int n, const uint32_t slots[], uint8_t *V[]) {
  pthread_mutex_lock(&lock);
  region *r = find_region(number);
  const char *wrong = r ? NULL : "there is no such region of slots";
  for (int i = 0; i < n && !wrong; i++) {
    if (slots[i] >= r->slots) wrong = "the region has no such slot";
    else if (r->claimed[slots[i]]) wrong = "a slot is in use";
    for (int j = 0; j < i; j++) {
      if (slots[i] == slots[j]) wrong = "every password needs a slot of its own";
    }
  }
  for (int i = 0; i < n && !wrong; i++) {
    r->claimed[slots[i]] = true;
    r->claimed_count++;
    V[i] = r->first + slots[i] * SLOT_BYTES;
  }
  pthread_mutex_unlock(&lock);
  return wrong;
}

void release_slots(int number, int n, const uint32_t slots[]) {
  pthread_mutex_lock(&lock);
  region *r = &regions[number];
  for (int i = 0; i < n; i++) r->claimed[slots[i]] = false;
  r->claimed_count -= (uint32_t)n;
  if (r->claimed_count == 0 && r->slots == 0) munmap(r->mapping, r->bytes);
  pthread_mutex_unlock(&lock);
}
