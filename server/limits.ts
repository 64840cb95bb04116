import { createHash } from 'node:crypto';
import type { LimitName } from '../config/limits.js';
import type { Rate } from '../config/rules.js';
import { normalizeEmail } from '../protocol/email.js';
import type { Counted, RateCounters, RateKey } from '../storage/rate-counters.js';
import { ApiError } from './http/errors.js';
import type { Asker } from './logs/security-log.js';

export interface LimitsOptions {
  rates: Readonly<Record<LimitName, Rate>>;
  /** `log` reports what would have been refused. */
  mode: 'on' | 'log' | 'off';
  /** Shared by all servers. */
  counters: RateCounters;
  /** Of this process: for what is counted at every request. */
  ownCounters: RateCounters;
  observe?: (limit: LimitName, refused: boolean) => void;
}

type Refusal = { limit: LimitName; resetMs: number };

/** Beyond the limit of an account, how many tries an address has. */
const TRIES_OF_A_NEWCOMER = 3;

/**
 * Who may do how much. Everything is counted before it is done, so that many at once are not more than
 * many in a row; what turns out harmless, a right password, is taken back.
 * Methods throw ApiError 114, and StoreUnavailableError.
 */
export class Limits {
  /** What was counted for each request that is under way, and not taken back. */
  readonly #counted = new WeakMap<Asker, Key[][]>();

  constructor(private readonly options: LimitsOptions) {}

  /** A request of any kind. */
  async countRequest(asker: Asker): Promise<void> {
    const { ownCounters } = this.options;
    await this.#count(asker, [['requestsOfSource', asker.source]], {}, ownCounters);
  }

  /** An account that is to be created, and its mail. */
  async countCreation(asker: Asker, email: string): Promise<void> {
    await this.#count(asker, [
      ['accountsFromSource', asker.source],
      ['mailsFromSource', asker.source],
      ['mailsToAddress', addressKey(email)],
    ]);
  }

  /** An account that was to be created for an address that has one: a guess at who has, where that is a secret. */
  async countTakenAddress(asker: Asker): Promise<void> {
    await this.#count(asker, [['accountsFromSource', asker.source]]);
  }

  /** A mail that is to be sent. */
  async countMail(asker: Asker, { uid, email }: { uid: string; email: string }): Promise<void> {
    const keys: Key[] = [
      ['mailsFromSource', asker.source],
      ['mailsToAddress', addressKey(email)],
    ];
    await this.#count(asker, keys, { uid });
  }

  /**
   * Tries a password. Only a wrong one stays counted.
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
    await this.#count(asker, keys, { uid });
    let isWrong = false;
    try {
      const proof = await prove();
      isWrong = proof === undefined;
      return proof;
    } finally {
      if (!isWrong) this.#takeBack(asker, keys);
    }
  }

  /** Counts a try of a verification code, unless it is right. */
  async tryCode(uid: string, asker: Asker, isRight: boolean): Promise<void> {
    const keys: Key[] = [['codesForAccountFromSource', `${uid}:${asker.source}`, uid]];
    await this.#count(asker, keys, { uid });
    if (isRight) this.#takeBack(asker, keys);
  }

  /**
   * Takes back all that was counted for a request which a store then failed: it was not done, and whoever comes
   * again when the store is back must not be refused for it.
   */
  takeBackAll(asker: Asker): void {
    for (const keys of this.#counted.get(asker) ?? []) this.#takeBack(asker, keys);
  }

  /** Requests themselves stay counted: they were made. */
  #remember(asker: Asker, keys: Key[], counters: RateCounters): void {
    if (counters !== this.options.counters) return;
    this.#counted.set(asker, [...(this.#counted.get(asker) ?? []), keys]);
  }

  /** Counts what is asked for, or refuses it. */
  async #count(
    asker: Asker,
    keys: Key[],
    about: { uid?: string } = {},
    counters = this.options.counters,
  ): Promise<void> {
    const { mode, observe } = this.options;
    if (mode === 'off') return;
    const counted = await counters.add(this.#windows(keys));
    const refusal = this.#findRefusal(new Map(keys.map(([limit], i) => [limit, counted[i] as Counted])));
    if (!refusal || mode !== 'on') this.#remember(asker, keys, counters);
    if (!refusal) return;
    asker.record('rateLimited', { ...about, limit: refusal.limit, refused: mode === 'on' });
    observe?.(refusal.limit, mode === 'on');
    if (mode !== 'on') return;
    // What is refused was not done: whoever goes on all the same uses up nobody else's share.
    await counters.takeBack(this.#windows(keys));
    throw new ApiError('tooManyRequests', { retryAfter: Math.max(1, Math.ceil(refusal.resetMs / 1000)) });
  }

  #takeBack(asker: Asker, keys: Key[]): void {
    if (this.options.mode === 'off') return;
    this.#counted.set(asker, this.#counted.get(asker)?.filter((other) => other !== keys) ?? []);
    void this.options.counters.takeBack(this.#windows(keys));
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

/** Addresses are counted without being kept. */
function addressKey(email: string): string {
  return createHash('sha256').update(normalizeEmail(email)).digest('base64url');
}
