import { MAX_GROUP, MAX_SLOTS } from '../protocol/scrypt-parameters.js';
import type { SlotAllocation } from './messages.js';

/** Gives each thread up to four slots. Many need several memories: one of WebAssembly has at most 4 GiB. */
export function divideSlots(threads: number, slots: number): SlotAllocation[] {
  const size = Math.min(MAX_GROUP, Math.max(1, Math.floor(slots / threads)));
  const perMemory = Math.floor(MAX_SLOTS / size);
  return Array.from({ length: Math.min(threads, slots) }, (_, i) => ({
    memory: Math.floor(i / perMemory),
    indexes: Array.from({ length: size }, (_, j) => (i % perMemory) * size + j),
  }));
}
