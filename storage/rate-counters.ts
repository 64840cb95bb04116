import { ExpiringMap } from './tokens/expiring-map.js';

export interface Counted {
  count: number;
  resetMs: number;
}

export interface CountResult {
  /** In the order of the keys. */
  counts: Counted[];
  /** Undoes counts whose windows are still open, now or when the store answers. Idempotent. Never rejects. */
  restore(): Promise<void>;
}

/** A fixed window, which starts with the first count of a key. */
export interface RateWindow {
  name: string;
  seconds: number;
}

/** A key and its account, if it has one. Deleting the account deletes the counter. */
export type RateKey = [window: RateWindow, key: string, uid?: string | undefined];

/** Counters of events in fixed windows. Each call is one round trip, for any number of keys. */
export interface RateCounters {
  /** @throws StoreUnavailableError; nothing is counted in that case */
  add(keys: RateKey[]): Promise<CountResult>;
  forgetAccount(uid: string): Promise<void>;
}

interface OpenWindow {
  count: number;
  endsAt: number;
}

/** Counters in this process. The counters of a deleted account end with their windows. */
export class MemoryRateCounters implements RateCounters {
  /** By the window's name: eviction needs equal lengths. */
  readonly #open = new Map<string, ExpiringMap<OpenWindow>>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  async add(keys: RateKey[]): Promise<CountResult> {
    const now = this.#now();
    const counted = keys.map(([window, key]) => this.#findOrOpen(window, key, now));
    const counts = counted.map((open) => ({ count: ++open.count, resetMs: open.endsAt - now }));
    const restore = async () => {
      // An expired window is no longer in the map, so its counter does not matter.
      for (const open of counted.splice(0)) open.count--;
    };
    return { counts, restore };
  }

  async forgetAccount(): Promise<void> {}

  #findOrOpen({ name, seconds }: RateWindow, key: string, now: number): OpenWindow {
    let windows = this.#open.get(name);
    if (!windows) {
      windows = new ExpiringMap();
      this.#open.set(name, windows);
    }
    let open = windows.get(key, now);
    if (!open) {
      open = { count: 0, endsAt: now + seconds * 1000 };
      windows.set(key, open, open.endsAt, now);
    }
    return open;
  }
}
