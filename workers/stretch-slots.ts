import { MAX_SLOTS } from '../protocol/scrypt-parameters.js';
import type { SlotAllocation } from './messages.js';

/** How many slots each of as few memories as possible has. A memory of WebAssembly ends at 4 GiB. */
export function spreadSlots(slots: number): number[] {
  const memories = Math.ceil(slots / MAX_SLOTS);
  return Array.from({ length: memories }, (_, i) => Math.floor((slots + i) / memories));
}

/** The slots that no batch occupies: none, until they are released. A batch has all of its own in one memory. */
export class FreeSlots {
  readonly #memories: number[][];

  /** @param memories how many there are */
  constructor(memories: number) {
    this.#memories = Array.from({ length: memories }, () => []);
  }

  /** The most slots that one batch can have. */
  get most(): number {
    return Math.max(...this.#memories.map(({ length }) => length));
  }

  /** Takes so many, at most `most`, where fewest are left over: elsewhere there may be room for a larger batch. */
  take(count: number): SlotAllocation {
    let memory = -1;
    for (const [i, { length }] of this.#memories.entries()) {
      if (length >= count && !(length >= (this.#memories[memory]?.length ?? Infinity))) memory = i;
    }
    const slots = this.#memories[memory]?.splice(0, count);
    if (!slots) throw new RangeError(`${count} slots are not free`);
    return { memory, indexes: slots };
  }

  release({ memory, indexes }: SlotAllocation): void {
    this.#memories[memory]?.push(...indexes);
  }
}
