import { type Kysely, type RawBuilder, sql } from 'kysely';
import { normalizeEmail } from '../protocol/email.js';
import type { SqlEngine } from './sql/migrations.js';
import type { Tables } from './sql/schema.js';

export interface AccountFilter {
  /** First characters of the address, in any ASCII case. */
  prefix?: string | undefined;
  /** The part of the address after the @, in any ASCII case. */
  domain?: string | undefined;
  unverified?: boolean | undefined;
  locked?: boolean | undefined;
  /** No session was used since this time, in ms. */
  idleSince?: number | undefined;
}

/** Times in ms. */
export interface FoundAccount {
  uid: string;
  email: string;
  createdAt: number;
  verifiedAt: number | null;
  lockedAt: number | null;
  lastAccessAt: number | null;
}

/** Appended to a prefix: sorts after every string with that prefix, in byte order. */
const LAST_CHARACTER = '\u{10FFFF}';

/** A scalar subquery: PostgreSQL turns `not exists` into a join that reads all sessions. */
const LAST_ACCESS = sql<
  number | null
>`(select max(last_access_at) from sessions where sessions.uid = accounts.uid)`;

/** Lists accounts for operators. Every method throws StoreUnavailableError when the database fails. */
export class AccountSearch {
  readonly #db: Kysely<Tables>;
  readonly #address: RawBuilder<string>;
  readonly #domain: RawBuilder<string>;

  constructor(db: Kysely<Tables>, engine: SqlEngine) {
    this.#db = db;
    this.#address = addressOf(engine);
    this.#domain = domainOf(engine);
  }

  /** Finds accounts in the order of their addresses. @param page.after last address of the previous page */
  async find(
    filter: AccountFilter,
    { after = '', limit }: { after?: string | undefined; limit: number },
  ): Promise<FoundAccount[]> {
    const { prefix, domain, unverified, locked, idleSince } = filter;
    const address = this.#address;
    let query = this.#db
      .selectFrom('accounts')
      .select(['uid', 'email', 'created_at', 'verified_at', 'locked_at'])
      .select(LAST_ACCESS.as('last_access_at'))
      .where(address, '>', normalizeEmail(after));
    if (prefix) {
      const first = normalizeEmail(prefix);
      query = query.where(address, '>=', first).where(address, '<', first + LAST_CHARACTER);
    }
    if (domain) query = query.where(this.#domain, '=', normalizeEmail(domain));
    if (unverified) query = query.where('verified_at', 'is', null);
    if (locked) query = query.where('locked_at', 'is not', null);
    if (idleSince !== undefined) query = query.where(sql`coalesce(${LAST_ACCESS}, 0)`, '<', idleSince);
    const rows = await query.orderBy(address).limit(limit).execute();
    return rows.map((row) => ({
      uid: row.uid,
      email: row.email,
      createdAt: row.created_at,
      verifiedAt: row.verified_at,
      lockedAt: row.locked_at,
      lastAccessAt: row.last_access_at,
    }));
  }
}

/** In byte order on both engines. */
function addressOf(engine: SqlEngine): RawBuilder<string> {
  return engine === 'postgres' ? sql`normalized_email collate "C"` : sql`normalized_email`;
}

/** An address has exactly one @. */
function domainOf(engine: SqlEngine): RawBuilder<string> {
  return engine === 'postgres'
    ? sql`split_part(normalized_email, '@', 2)`
    : sql`substr(normalized_email, instr(normalized_email, '@') + 1)`;
}
