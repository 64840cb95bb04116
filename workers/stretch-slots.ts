import { MAX_GROUP, MAX_SLOTS } from '../protocol/scrypt-parameters.js';
import type { SlotAllocation } from './messages.js';

/**
 * Divides the memory among the batches that run at a time: one for each thread, up to four slots each.
 * A WebAssembly memory ends at 4 GiB, so that many allocations need several.
 */
export function divideSlots(threads: number, slots: number): SlotAllocation[] {
  const size = Math.min(MAX_GROUP, Math.max(1, Math.floor(slots / threads)));
  const perMemory = Math.floor(MAX_SLOTS / size);
  return Array.from({ length: Math.min(threads, slots) }, (_, i) => ({
    memory: Math.floor(i / perMemory),
    indexes: Array.from({ length: size }, (_, j) => (i % perMemory) * size + j),
  }));
}
