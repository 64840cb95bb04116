import type { LimitName } from '../config/limits.js';
import type { Rate } from '../config/rules.js';
import type { Counted, RateCounters, RateKey } from '../storage/rate-counters.js';
import type { ClientContext } from './client-context.js';
import { toCustomerNetwork } from './http/client-source.js';
import { ApiError } from './http/errors.js';
import { toMailbox } from './mail/mail-address.js';

export interface LimitsOptions {
  rates: Readonly<Record<LimitName, Rate>>;
  /** `log`: exceeded limits are logged, not refused. */
  mode: 'on' | 'log' | 'off';
  /** Shared by all servers. */
  counters: RateCounters;
  /** Counters of this process, for the limit that every request counts against. */
  ownCounters: RateCounters;
  observe?: (limit: LimitName, refused: boolean) => void;
}

type Refusal = { limit: LimitName; resetMs: number };

/** Wrong passwords beyond the account's limit: a count for each source, a multiple of the limit for all. */
const EXTRA_PASSWORDS = { ofSource: 3, ofAllSources: 1 };
/** Share of an address's mails that any source can use. The rest is reserved for the first mail of a source. */
const SHARED_MAILS = 0.7;

export type MailKind = 'verification' | 'recovery';

/**
 * Counts events before they happen, because simultaneous requests must not exceed a limit, and restores
 * harmless ones, such as a correct password. All methods throw ApiError 114 and StoreUnavailableError.
 */
export class Limits {
  constructor(private readonly options: LimitsOptions) {}

  async countRequest(client: ClientContext): Promise<void> {
    const { ownCounters } = this.options;
    // A 503 restores everything but the request itself.
    await this.#count(client, [['requestsOfSource', client.source]], {}, ownCounters);
  }

  async countCreation(client: ClientContext, email: string): Promise<void> {
    await this.#consume(client, [
      ['accountsFromSource', client.source],
      ...networkKey('accountsFromNetwork', client),
      ...mailKeys(client, 'verification', email),
    ]);
  }

  /** An attempt to create an account for a taken address. The enumeration guard treats it as a guess. */
  async countTakenAddress(client: ClientContext): Promise<void> {
    await this.#consume(client, [
      ['accountsFromSource', client.source],
      ...networkKey('accountsFromNetwork', client),
    ]);
  }

  async countMail(
    client: ClientContext,
    kind: MailKind,
    { uid, email }: { uid: string; email: string },
  ): Promise<void> {
    await this.#consume(client, mailKeys(client, kind, email), { uid });
  }

  /** Only a wrong password stays counted. @param prove returns `undefined` for a wrong password */
  async tryPassword<Proof extends object>(
    uid: string,
    client: ClientContext,
    prove: () => Promise<Proof | undefined>,
  ): Promise<Proof | undefined> {
    const keys: Key[] = [
      ['passwordsForAccountFromSource', `${uid}:${toCustomerNetwork(client.source)}`, uid],
      ['passwordsFromSource', client.source],
      ...networkKey('passwordsFromNetwork', client),
      ['passwordsForAccount', uid, uid],
    ];
    const restore = await this.#consume(client, keys, { uid });
    let isWrong = false;
    try {
      const proof = await prove();
      isWrong = proof === undefined;
      return proof;
    } finally {
      if (!isWrong) void client.compensations.run(restore);
    }
  }

  /** Only a wrong code stays counted. */
  async tryCode(uid: string, client: ClientContext, isRight: boolean): Promise<void> {
    const keys: Key[] = [['codesForAccountFromSource', `${uid}:${toCustomerNetwork(client.source)}`, uid]];
    const restore = await this.#consume(client, keys, { uid });
    if (isRight) void client.compensations.run(restore);
  }

  /** Counts for all tokens of the account. @returns restores the count; call it for all but wrong codes */
  async countRecoveryCode(uid: string, client: ClientContext): Promise<() => Promise<void>> {
    const restore = await this.#consume(client, [['recoveryCodesForAccount', uid, uid]], { uid });
    return () => client.compensations.run(restore);
  }

  /** Counts keys, and restores them after a 503. @returns the compensation */
  async #consume(
    client: ClientContext,
    keys: Key[],
    about?: { uid?: string },
  ): Promise<() => Promise<unknown>> {
    return client.compensations.add(await this.#count(client, keys, about));
  }

  /** Counts keys, or refuses the request. @returns the compensation */
  async #count(
    client: ClientContext,
    keys: Key[],
    about: { uid?: string } = {},
    counters = this.options.counters,
  ): Promise<() => Promise<unknown>> {
    const { mode, observe } = this.options;
    if (mode === 'off') return async () => {};
    const { counts, restore } = await counters.add(this.#windows(keys));
    const refusal = this.#findRefusal(new Map(keys.map(([limit], i) => [limit, counts[i] as Counted])));
    if (refusal) {
      client.record('rateLimited', { ...about, limit: refusal.limit, refused: mode === 'on' });
      observe?.(refusal.limit, mode === 'on');
      if (mode === 'on') {
        // A refused request does not count, so it cannot exhaust limits shared with others.
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

  /** Returns the maximum count. One source must not exhaust the limit of an account or address. */
  #allowance(limit: LimitName, tally: Tally): number {
    const { points } = this.options.rates[limit];
    const countOf = (other: LimitName) => tally.get(other)?.count ?? 0;
    if (
      limit === 'passwordsForAccount' &&
      countOf('passwordsForAccountFromSource') <= EXTRA_PASSWORDS.ofSource
    )
      return points * (1 + EXTRA_PASSWORDS.ofAllSources);
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

/** Verification and recovery mails count separately. */
function mailKeys(client: ClientContext, kind: MailKind, email: string): Key[] {
  const mailbox = toMailbox(email);
  return [
    ['mailsFromSource', client.source],
    ['mailsToAddressFromSource', `${kind}:${mailbox}:${toCustomerNetwork(client.source)}`],
    ['mailsToAddress', `${kind}:${mailbox}`],
  ];
}

function networkKey(limit: LimitName, { source }: ClientContext): Key[] {
  const network = toCustomerNetwork(source);
  return network === source ? [] : [[limit, network]];
}
