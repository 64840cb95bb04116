import type { SlotAllocation } from './messages.js';

/** Idle time after which slots are wiped, in ms. A batch fills for up to 20 ms; wiping four slots takes up to 50 ms. */
export const WIPE_AFTER_MS = 20;

export interface SlotWiperOptions {
  /** Reserves slots. Returns `false` when they are in use. */
  claim: (slots: SlotAllocation) => boolean;
  /** Returns slots to the queue. */
  release: (slots: SlotAllocation) => void;
  /** Rejects when its thread dies. */
  wipe: (slots: SlotAllocation) => Promise<unknown>;
  /** Starts a timer. Returns a function that cancels it. */
  after: (ms: number, callBack: () => void) => () => void;
}

/**
 * Schedules the wiping of slots. A stretch leaves secrets in its slots; the next stretch overwrites them. Slots that a
 * smaller batch does not overwrite are wiped beside it, idle slots after WIPE_AFTER_MS.
 */
export class SlotWiper {
  readonly #options: SlotWiperOptions;
  /** Number of an allocation's first slots that hold secrets, and the function that cancels their wiping. */
  readonly #traces = new Map<SlotAllocation, { count: number; cancel: () => void }>();
  #closed = false;

  constructor(options: SlotWiperOptions) {
    this.#options = options;
  }

  /**
   * Wipes the slots that a batch of `count` does not use.
   * @returns the number of first slots that can hold secrets after the batch, once they are wiped
   */
  async begin(slots: SlotAllocation, count: number): Promise<number> {
    const traces = this.#traces.get(slots);
    traces?.cancel();
    this.#traces.delete(slots);
    if (!traces || traces.count <= count) return count;
    const unused = { memory: slots.memory, indexes: slots.indexes.slice(count, traces.count) };
    return (await this.#succeeds(unused)) ? count : traces.count;
  }

  end(slots: SlotAllocation, count: number): void {
    if (this.#closed) return;
    this.#traces.get(slots)?.cancel();
    const cancel = this.#options.after(WIPE_AFTER_MS, () => void this.#wipe(slots, count));
    this.#traces.set(slots, { count, cancel });
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#traces.values()) cancel();
  }

  async #wipe(slots: SlotAllocation, count: number): Promise<void> {
    const { claim, release } = this.#options;
    if (!claim(slots)) return;
    if (await this.#succeeds({ memory: slots.memory, indexes: slots.indexes.slice(0, count) })) {
      this.#traces.delete(slots);
    } else this.end(slots, count);
    release(slots);
  }

  #succeeds(slots: SlotAllocation): Promise<boolean> {
    return this.#options.wipe(slots).then(
      () => true,
      () => false,
    );
  }
}
