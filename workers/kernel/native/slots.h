// The memory of the hashes: regions of slots of SLOT_BYTES each, which all threads of the process share.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_SLOTS 4096

/** Maps a region of slots. Returns its number, or -1 when the operating system refuses or no number is left. */
int map_region(uint32_t slots);

/** Unmaps a region when none of its slots is claimed. Returns whether the region exists. */
bool unmap_region(int region);

/** Claims n slots, each for one hash. Returns NULL, or an error message without claiming any. */
const char *claim_slots(int region, int n, const uint32_t slots[], uint8_t *V[]);

void release_slots(int region, int n, const uint32_t slots[]);
