import type { LimitName } from '../config/limits.js';
import type { Rate } from '../config/rules.js';
import type { Counted, RateCounters, RateKey } from '../storage/rate-counters.js';
import { ApiError } from './http/errors.js';
import type { Asker } from './logs/security-log.js';
import { toMailbox } from './mail/mail-address.js';

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

/** Wrong passwords for an account that each source still has when the account is above its limit. */
const PASSWORDS_OF_NEW_SOURCE = 3;
/** The part of an address's mails that any source can use; the rest is for the first mail of a source. */
const SHARED_MAILS = 0.7;

export type MailKind = 'verification' | 'recovery';

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
      ...mailKeys(asker, 'verification', email),
    ]);
  }

  /** Counts an attempt to create an account for an address that has one: with the enumeration guard, a guess. */
  async countTakenAddress(asker: Asker): Promise<void> {
    await this.#consume(asker, [['accountsFromSource', asker.source]]);
  }

  /** Counts a mail before it is sent. */
  async countMail(
    asker: Asker,
    kind: MailKind,
    { uid, email }: { uid: string; email: string },
  ): Promise<void> {
    await this.#consume(asker, mailKeys(asker, kind, email), { uid });
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

  /** Counts an attempt at a recovery code, over all tokens of the account; it stays counted only when it is wrong. */
  async tryRecoveryCode(uid: string, asker: Asker, isRight: boolean): Promise<void> {
    const restore = await this.#consume(asker, [['recoveryCodesForAccount', uid, uid]], { uid });
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
      if (count > this.#allowance(limit, tally)) return { limit, resetMs };
    }
    return undefined;
  }

  /** How high a count may be. What one source does must not use up everything of an account or address. */
  #allowance(limit: LimitName, tally: Tally): number {
    const { points } = this.options.rates[limit];
    const countOf = (other: LimitName) => tally.get(other)?.count ?? 0;
    if (
      limit === 'passwordsForAccount' &&
      countOf('passwordsForAccountFromSource') <= PASSWORDS_OF_NEW_SOURCE
    )
      return Number.POSITIVE_INFINITY;
    if (limit === 'mailsToAddress' && countOf('mailsToAddressFromSource') > 1)
      return Math.max(1, Math.floor(points * SHARED_MAILS));
    return points;
  }

  #windows(keys: Key[]): RateKey[] {
    return keys.map(([name, key, uid]) => [{ name, seconds: this.options.rates[name].seconds }, key, uid]);
  }
}

type Key = [limit: LimitName, key: string, uid?: string];
type Tally = Map<LimitName, Counted>;

/** Verification and recovery mails are counted apart: neither uses up the other's. */
function mailKeys({ source }: Asker, kind: MailKind, email: string): Key[] {
  const mailbox = toMailbox(email);
  return [
    ['mailsFromSource', source],
    ['mailsToAddressFromSource', `${kind}:${mailbox}:${source}`],
    ['mailsToAddress', `${kind}:${mailbox}`],
  ];
}
