import type { SlotAllocation } from './messages.js';

/** Idle time after which slots are wiped, in ms. Wiping four slots takes up to 50 ms; a batch fills for up to 20 ms. */
export const WIPE_AFTER_MS = 20;

export interface SlotWiperOptions {
  /** Reserves slots. Returns `false` when a batch runs in them. */
  claim: (slots: SlotAllocation) => boolean;
  /** Returns slots to the queue. */
  release: (slots: SlotAllocation) => void;
  wipe: (slots: SlotAllocation) => Promise<unknown>;
  /** Starts a timer. Returns a function that cancels it. */
  after: (ms: number, callBack: () => void) => () => void;
}

/**
 * Schedules the wiping of slots. A stretch leaves secrets in its slots; the next stretch overwrites them. Slots that a
 * smaller batch does not overwrite are wiped before it, idle slots after WIPE_AFTER_MS.
 */
export class SlotWiper {
  readonly #options: SlotWiperOptions;
  /** Number of an allocation's first slots that hold secrets, and the function that cancels their wiping. */
  readonly #traces = new Map<SlotAllocation, { count: number; cancel: () => void }>();

  constructor(options: SlotWiperOptions) {
    this.#options = options;
  }

  /** @returns the slots to wipe before the batch */
  begin(slots: SlotAllocation, count: number): SlotAllocation {
    const traces = this.#traces.get(slots);
    traces?.cancel();
    this.#traces.delete(slots);
    return { memory: slots.memory, indexes: slots.indexes.slice(count, traces?.count ?? 0) };
  }

  end(slots: SlotAllocation, count: number): void {
    const cancel = this.#options.after(WIPE_AFTER_MS, () => void this.#wipe(slots));
    this.#traces.set(slots, { count, cancel });
  }

  close(): void {
    for (const { cancel } of this.#traces.values()) cancel();
    this.#traces.clear();
  }

  /** Wipes one slot at a time, so that a stretch waits for one at most. */
  async #wipe(slots: SlotAllocation): Promise<void> {
    const { claim, release, wipe } = this.#options;
    let traces = this.#traces.get(slots);
    while (traces && traces.count > 0 && claim(slots)) {
      traces.count--;
      const indexes = slots.indexes.slice(traces.count, traces.count + 1);
      // A wipe fails only if its thread dies, and recovery wipes all slots of that thread.
      await wipe({ memory: slots.memory, indexes }).catch(() => {});
      release(slots);
      traces = this.#traces.get(slots);
    }
  }
}
