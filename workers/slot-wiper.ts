import type { SlotAllocation } from './messages.js';

/** Idle time after which slots are wiped, in ms. A batch fills for up to 20 ms; wiping four slots takes up to 50 ms. */
export const WIPE_AFTER_MS = 20;

export interface SlotWiperOptions {
  /** Reserves slots. Returns `false` when they are in use, or about to be. */
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
  readonly #traces = new Map<SlotAllocation, { count: number; cancel?: () => void }>();
  #closed = false;

  constructor(options: SlotWiperOptions) {
    this.#options = options;
  }

  /**
   * Wipes the slots that a batch of `count` does not use.
   * @returns the number of first slots that can hold secrets after the batch, once they are wiped
   */
  async begin(slots: SlotAllocation, count: number): Promise<number> {
    const { count: before = 0, cancel } = this.#traces.get(slots) ?? {};
    cancel?.();
    const most = Math.max(count, before);
    this.#traces.set(slots, { count: most });
    return (await this.#wipe(slots, count, most)) ? count : most;
  }

  end(slots: SlotAllocation, count: number): void {
    if (this.#closed) return;
    this.#traces.get(slots)?.cancel?.();
    const cancel = this.#options.after(WIPE_AFTER_MS, () => void this.#wipeIdle(slots, count));
    this.#traces.set(slots, { count, cancel });
  }

  /** Wipes all slots that can hold secrets. No batch may be running. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { cancel } of this.#traces.values()) cancel?.();
    await Promise.all([...this.#traces].map(([slots, { count }]) => this.#wipe(slots, 0, count)));
  }

  async #wipeIdle(slots: SlotAllocation, count: number): Promise<void> {
    const { claim, release } = this.#options;
    if (!claim(slots)) return this.end(slots, count);
    if (await this.#wipe(slots, 0, count)) this.#traces.delete(slots);
    else this.end(slots, count);
    release(slots);
  }

  /** @returns whether the slots are wiped; `false` when the thread died */
  async #wipe({ memory, indexes }: SlotAllocation, from: number, to: number): Promise<boolean> {
    if (from === to) return true;
    return this.#options.wipe({ memory, indexes: indexes.slice(from, to) }).then(
      () => true,
      () => false,
    );
  }
}
