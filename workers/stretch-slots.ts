import { MAX_GROUP, MAX_SLOTS, SLOT_BYTES } from '../protocol/scrypt-parameters.js';
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

/** Returns the memory of each slot. @throws RangeError when a slot is outside */
export function openSlots(memories: WebAssembly.Memory[], { memory, indexes }: SlotAllocation): Uint8Array[] {
  const found = memories[memory];
  if (!found) throw new RangeError(`there is no memory ${memory}`);
  return indexes.map((index) => new Uint8Array(found.buffer, index * SLOT_BYTES, SLOT_BYTES));
}

/** Overwrites slots with zeros: 4 to 12 ms each. */
export function wipeSlots(memories: WebAssembly.Memory[], slots: SlotAllocation): void {
  for (const { buffer, byteOffset, byteLength } of openSlots(memories, slots)) {
    // A Uint8Array takes eight times as long: V8 writes its elements to shared memory one by one.
    new BigUint64Array(buffer, byteOffset, byteLength / 8).fill(0n);
  }
}
