import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';

/** A counter after it was incremented. */
export interface Counted {
  count: number;
  /** Until its window ends. */
  resetMs: number;
}

export interface CountResult {
  /** In the order of the keys. */
  counts: Counted[];
  /**
   * Decrements the counters whose windows are still open: now, or when the store answers. Never rejects. Call it
   * once at most.
   */
  restore(): Promise<void>;
}

/** A fixed window, which starts with a key's first count. */
export interface RateWindow {
  name: string;
  seconds: number;
}

/** A key of a window, and its account, if it has one: its counters are deleted with it. */
export type RateKey = [window: RateWindow, key: string, uid?: string | undefined];

/** Counters of events in fixed windows. Each call is one round trip, for any number of keys. */
export interface RateCounters {
  /**
   * Increments the counter of each key.
   * @throws StoreUnavailableError; nothing is counted then
   */
  add(keys: RateKey[]): Promise<CountResult>;
  /** Deletes the counters of an account. */
  forgetAccount(uid: string): Promise<void>;
}

/** The caller compares counts with its limits, so the package must never refuse. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Storage of the counters. */
export interface RateBackend {
  /** Creates the limiter of a window. */
  open(options: { keyPrefix: string; points: number; duration: number }): RateLimiterAbstract;
  /**
   * Decrements a counter, if the window in which it was incremented is still open. When this fails, the backend
   * does it later.
   * @param msLeft upper bound of that window's remaining time
   */
  restore(limiter: RateLimiterAbstract, key: string, msLeft: () => number): Promise<unknown>;
  /** Records that stored keys belong to an account, for at least `seconds`. */
  index(uid: string, keys: string[], seconds: number): Promise<unknown>;
  /** Deletes the recorded keys of an account. */
  forget(uid: string): Promise<void>;
  /** Runs what is one round trip. */
  roundTrip<T>(work: () => Promise<T>): Promise<T>;
}

/** Creates counters over rate-limiter-flexible. */
export function createRateCounters(backend: RateBackend): RateCounters {
  const { open, index, forget, roundTrip } = backend;
  const limiters = new Map<string, RateLimiterAbstract>();
  const limiterOf = ({ name, seconds }: RateWindow) => {
    let limiter = limiters.get(name);
    if (!limiter) {
      limiter = open({ keyPrefix: `fxa:rate:${name}`, points: NO_LIMIT, duration: seconds });
      limiters.set(name, limiter);
    }
    return limiter;
  };
  const indexAccounts = (keys: RateKey[]) => {
    const uids = new Set(keys.flatMap(([, , uid]) => uid ?? []));
    return Promise.all(
      [...uids].map((uid) => {
        const ofAccount = keys.filter((key) => key[2] === uid);
        const stored = ofAccount.map(([window, key]) => limiterOf(window).getKey(key));
        return index(uid, stored, Math.max(...ofAccount.map(([{ seconds }]) => seconds)));
      }),
    );
  };
  /** Increments one counter. @returns the result, and what decrements it */
  const increment = async ([window, key]: RateKey) => {
    const limiter = limiterOf(window);
    const { consumedPoints, msBeforeNext } = await limiter.consume(key);
    const answeredAt = performance.now();
    const msLeft = () => Math.ceil(msBeforeNext - (performance.now() - answeredAt));
    const restore = async () => void (msLeft() > 0 && (await backend.restore(limiter, key, msLeft)));
    return { counted: { count: consumedPoints, resetMs: msBeforeNext }, restore };
  };
  const restoreAll = async (increments: { restore: () => Promise<void> }[]) => {
    await roundTrip(() => Promise.all(increments.map(({ restore }) => restore()))).catch(() => {});
  };
  return {
    add: (keys) =>
      roundTrip(async () => {
        const work = [...keys.map(increment), indexAccounts(keys)] as const;
        const outcomes = await Promise.allSettled(work);
        const failed = outcomes.find((outcome) => outcome.status === 'rejected');
        const done = outcomes.flatMap((outcome) =>
          outcome.status === 'fulfilled' && 'restore' in outcome.value ? outcome.value : [],
        );
        if (!failed) return { counts: done.map(({ counted }) => counted), restore: () => restoreAll(done) };
        void restoreAll(done);
        throw failed.reason;
      }),
    forgetAccount: forget,
  };
}

/** Creates counters in this process. Those of a deleted account end with their windows. */
export function createMemoryRateCounters(): RateCounters {
  return createRateCounters({
    open: (options) => new RateLimiterMemory(options),
    async restore(limiter, key, msLeft) {
      // `reward` alone creates a counter of -1 where there is none: github.com/animir/node-rate-limiter-flexible/issues/254
      const open = await limiter.get(key);
      if (open && open.msBeforeNext > 0 && open.msBeforeNext <= msLeft()) await limiter.reward(key);
    },
    index: async () => {},
    forget: async () => {},
    roundTrip: (work) => work(),
  });
}
