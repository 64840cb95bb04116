import type { LimitName } from '../config/limits.js';
import type { Rate } from '../config/rules.js';
import { normalizeEmail } from '../protocol/email.js';
import type { Counted, RateCounters, RateKey } from '../storage/rate-counters.js';
import { ApiError } from './http/errors.js';
import type { Asker } from './logs/security-log.js';

export interface LimitsOptions {
  rates: Readonly<Record<LimitName, Rate>>;
  /** `log`: exceeded limits are logged, not refused. */
  mode: 'on' | 'log' | 'off';
  /** Shared by all servers. */
  counters: RateCounters;
  /** In this process: for the counter that every request increments. */
  ownCounters: RateCounters;
  observe?: (limit: LimitName, refused: boolean) => void;
}

type Refusal = { limit: LimitName; resetMs: number };

/** Attempts that each source has when the limit of the account is exceeded. */
const TRIES_OF_A_NEWCOMER = 3;

/**
 * Rate limits. Each event is counted before it happens, so that simultaneous requests cannot exceed a limit. Events
 * that turn out harmless, such as a correct password, are restored.
 * Methods throw ApiError 114, and StoreUnavailableError.
 */
export class Limits {
  constructor(private readonly options: LimitsOptions) {}

  /** Counts a request of any kind. */
  async countRequest(asker: Asker): Promise<void> {
    const { ownCounters } = this.options;
    // A 503 restores everything but the request itself.
    await this.#count(asker, [['requestsOfSource', asker.source]], {}, ownCounters);
  }

  /** Counts the creation of an account, and its mail. */
  async countCreation(asker: Asker, email: string): Promise<void> {
    await this.#consume(asker, [
      ['accountsFromSource', asker.source],
      ['mailsFromSource', asker.source],
      ['mailsToAddress', normalizeEmail(email)],
    ]);
  }

  /** Counts an attempt to create an account for an address that has one: with the enumeration guard, a guess. */
  async countTakenAddress(asker: Asker): Promise<void> {
    await this.#consume(asker, [['accountsFromSource', asker.source]]);
  }

  /** Counts a mail before it is sent. */
  async countMail(asker: Asker, { uid, email }: { uid: string; email: string }): Promise<void> {
    const keys: Key[] = [
      ['mailsFromSource', asker.source],
      ['mailsToAddress', normalizeEmail(email)],
    ];
    await this.#consume(asker, keys, { uid });
  }

  /**
   * Counts an attempt at a password. Only a wrong one stays counted.
   * @param prove returns `undefined` for a wrong password
   */
  async tryPassword<Proof extends object>(
    uid: string,
    asker: Asker,
    prove: () => Promise<Proof | undefined>,
  ): Promise<Proof | undefined> {
    const keys: Key[] = [
      ['passwordsForAccountFromSource', `${uid}:${asker.source}`, uid],
      ['passwordsFromSource', asker.source],
      ['passwordsForAccount', uid, uid],
    ];
    const restore = await this.#consume(asker, keys, { uid });
    let isWrong = false;
    try {
      const proof = await prove();
      isWrong = proof === undefined;
      return proof;
    } finally {
      if (!isWrong) void asker.compensations.run(restore);
    }
  }

  /** Counts an attempt at a verification code; it stays counted only when the code is wrong. */
  async tryCode(uid: string, asker: Asker, isRight: boolean): Promise<void> {
    const keys: Key[] = [['codesForAccountFromSource', `${uid}:${asker.source}`, uid]];
    const restore = await this.#consume(asker, keys, { uid });
    if (isRight) void asker.compensations.run(restore);
  }

  /** Counts keys of a request that is restored when it is answered with 503. @returns the compensation */
  async #consume(asker: Asker, keys: Key[], about?: { uid?: string }): Promise<() => Promise<unknown>> {
    return asker.compensations.add(await this.#count(asker, keys, about));
  }

  /** Counts keys, or refuses the request. @returns the compensation */
  async #count(
    asker: Asker,
    keys: Key[],
    about: { uid?: string } = {},
    counters = this.options.counters,
  ): Promise<() => Promise<unknown>> {
    const { mode, observe } = this.options;
    if (mode === 'off') return async () => {};
    const { counts, restore } = await counters.add(this.#windows(keys));
    const refusal = this.#findRefusal(new Map(keys.map(([limit], i) => [limit, counts[i] as Counted])));
    if (refusal) {
      asker.record('rateLimited', { ...about, limit: refusal.limit, refused: mode === 'on' });
      observe?.(refusal.limit, mode === 'on');
      if (mode === 'on') {
        // A refused request must not use up the share of others.
        await restore();
        throw new ApiError('tooManyRequests', {
          retryAfter: Math.max(1, Math.ceil(refusal.resetMs / 1000)),
        });
      }
    }
    return restore;
  }

  #findRefusal(tally: Tally): Refusal | undefined {
    for (const [limit, { count, resetMs }] of tally) {
      if (count <= this.options.rates[limit].points) continue;
      const own = tally.get('passwordsForAccountFromSource')?.count ?? 0;
      if (limit === 'passwordsForAccount' && own <= TRIES_OF_A_NEWCOMER) continue;
      return { limit, resetMs };
    }
    return undefined;
  }

  #windows(keys: Key[]): RateKey[] {
    return keys.map(([name, key, uid]) => [{ name, seconds: this.options.rates[name].seconds }, key, uid]);
  }
}

type Key = [limit: LimitName, key: string, uid?: string];
type Tally = Map<LimitName, Counted>;
