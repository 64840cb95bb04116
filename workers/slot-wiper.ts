import type { SlotAllocation } from './messages.js';

/** When slots that no stretch has taken are wiped, in ms after the last: four take up to 50 ms. */
export const WIPE_AFTER_MS = 30;

export interface SlotWiperOptions {
  /** Takes slots that no batch runs in out of use. Returns whether there was no such batch. */
  claim: (slots: SlotAllocation) => boolean;
  /** Lets batches use the slots again. */
  release: (slots: SlotAllocation) => void;
  wipe: (slots: SlotAllocation) => Promise<unknown>;
  /** Calls back after some ms. Returns a function that prevents it. */
  after: (ms: number, callBack: () => void) => () => void;
}

/**
 * Decides when slots are wiped. The next stretch overwrites what a stretch leaves in its slots; what it does not
 * overwrite is wiped before it begins, and what no stretch takes at once is wiped while nothing runs there.
 */
export class SlotWiper {
  readonly #options: SlotWiperOptions;
  /** How many of an allocation's slots, from the first, hold traces, and what prevents that they are wiped. */
  readonly #traces = new Map<SlotAllocation, { count: number; prevent: () => void }>();

  constructor(options: SlotWiperOptions) {
    this.#options = options;
  }

  /** Notes that a batch begins in the first `count` slots. Returns those that must be wiped before. */
  begin(slots: SlotAllocation, count: number): SlotAllocation {
    const traces = this.#traces.get(slots);
    traces?.prevent();
    this.#traces.delete(slots);
    return { memory: slots.memory, indexes: slots.indexes.slice(count, traces?.count ?? 0) };
  }

  /** Notes that the batch has ended. */
  end(slots: SlotAllocation, count: number): void {
    const prevent = this.#options.after(WIPE_AFTER_MS, () => void this.#wipe(slots));
    this.#traces.set(slots, { count, prevent });
  }

  /** Wipes nothing from now on. */
  close(): void {
    for (const { prevent } of this.#traces.values()) prevent();
    this.#traces.clear();
  }

  /** One slot at a time, so that a stretch waits for one at most. */
  async #wipe(slots: SlotAllocation): Promise<void> {
    const { claim, release, wipe } = this.#options;
    let traces = this.#traces.get(slots);
    while (traces && traces.count > 0 && claim(slots)) {
      traces.count--;
      const indexes = slots.indexes.slice(traces.count, traces.count + 1);
      // A wipe fails with its thread, and recovery wipes all.
      await wipe({ memory: slots.memory, indexes }).catch(() => {});
      release(slots);
      traces = this.#traces.get(slots);
    }
  }
}
