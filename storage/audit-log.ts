import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Tables } from './sql/schema.js';

export interface AuditEntry {
  /** Sorts by time. */
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  actor: string;
  event: string;
  uid: string | null;
  key: string | null;
}

/** Digits of a time in ms until the year 33658. IDs of equal length sort equally under every collation. */
const TIME_DIGITS = 15;

/** Returns the lower bound of the IDs of a time, in ms. */
export function firstAuditId(at: number): string {
  return String(at).padStart(TIME_DIGITS, '0');
}

/** Administrative acts in SQL. Every method throws StoreUnavailableError when the database fails. */
export class AuditLog {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async add(entry: Omit<AuditEntry, 'id'>): Promise<void> {
    const id = `${firstAuditId(entry.at)}-${randomBytes(8).toString('hex')}`;
    const { key, ...rest } = entry;
    await this.#db
      .insertInto('audit')
      .values({ ...rest, id, signing_key: key })
      .execute();
  }

  /** Newest first. @param page.before last ID of the previous page */
  async list({ before, limit }: { before?: string | undefined; limit: number }): Promise<AuditEntry[]> {
    const rows = await this.#db
      .selectFrom('audit')
      .select(['id', 'at', 'actor', 'event', 'uid', 'signing_key as key'])
      .$if(before !== undefined, (query) => query.where('id', '<', before as string))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows;
  }

  /** Oldest first. */
  async listOf(uid: string): Promise<AuditEntry[]> {
    return this.#db
      .selectFrom('audit')
      .select(['id', 'at', 'actor', 'event', 'uid', 'signing_key as key'])
      .where('uid', '=', uid)
      .orderBy('id')
      .execute();
  }
}
