import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';

/** What was counted: how much in the window that is open, and when that ends. */
export interface Counted {
  count: number;
  resetMs: number;
}

/** A kind of thing that is counted, each key for itself, in windows of so many seconds. */
export interface RateWindow {
  name: string;
  seconds: number;
}

/** One key of one window, and the account it is of: what is counted for an account goes with it. */
export type RateKey = [window: RateWindow, key: string, uid?: string | undefined];

/**
 * Counts in fixed windows that begin with the first count. Each call is one trip, however many keys it
 * has.
 */
export interface RateCounters {
  /**
   * Counts one more for each key.
   * @returns the counts, in the order of the keys
   * @throws StoreUnavailableError, and nothing is counted
   */
  add(keys: RateKey[]): Promise<Counted[]>;
  /** Takes one back from each key: now, or as soon as the store answers. Never rejects, and need not be waited for. */
  takeBack(keys: RateKey[]): Promise<void>;
  /** Forgets what was counted for an account. */
  forgetAccount(uid: string): Promise<void>;
}

/** More than any window's count can reach: limits are compared by the caller, with the count in hand. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** Where rate-limiter-flexible counts. */
export interface RateBackend {
  /** Makes the limiter of a window. */
  open(options: { keyPrefix: string; points: number; duration: number }): RateLimiterAbstract;
  /** Takes one back from a key; when it cannot, sees to it later, and rejects. */
  takeBack(limiter: RateLimiterAbstract, key: string): Promise<unknown>;
  /** Notes that keys, as they are stored, are of an account; for so long, in seconds, or longer. */
  index(uid: string, keys: string[], seconds: number): Promise<unknown>;
  /** Removes the keys that were noted, and the note. */
  forget(uid: string): Promise<void>;
  /** Runs what is one trip. */
  guard<T>(work: () => Promise<T>): Promise<T>;
}

/** Counters over rate-limiter-flexible. */
export function createRateCounters(backend: RateBackend): RateCounters {
  const { open, index, forget, guard } = backend;
  const limiters = new Map<string, RateLimiterAbstract>();
  const limiterOf = ({ name, seconds }: RateWindow) => {
    let limiter = limiters.get(name);
    if (!limiter) {
      limiter = open({ keyPrefix: `fxa:rate:${name}`, points: NEVER, duration: seconds });
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
  const takeBack = async (keys: RateKey[]) => {
    const work = () => Promise.all(keys.map(([window, key]) => backend.takeBack(limiterOf(window), key)));
    await guard(work).catch(() => {});
  };
  return {
    async add(keys) {
      const counted = await guard(async () => {
        const counting = keys.map(([window, key]) => limiterOf(window).consume(key));
        const [indexed, ...outcomes] = await Promise.allSettled([indexAccounts(keys), ...counting]);
        const failed = [indexed, ...outcomes].find((outcome) => outcome.status === 'rejected');
        if (!failed) return Promise.all(counting);
        void takeBack(keys.filter((_, i) => outcomes[i]?.status === 'fulfilled'));
        throw failed.reason;
      });
      return counted.map(({ consumedPoints, msBeforeNext }) => ({
        count: consumedPoints,
        resetMs: msBeforeNext,
      }));
    },
    takeBack,
    forgetAccount: forget,
  };
}

/** Counters in this process. Those of an account that is gone end with their windows: they lie nowhere else. */
export function createMemoryRateCounters(): RateCounters {
  return createRateCounters({
    open: (options) => new RateLimiterMemory(options),
    takeBack: (limiter, key) => limiter.reward(key),
    index: async () => {},
    forget: async () => {},
    guard: (work) => work(),
  });
}
