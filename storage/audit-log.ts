import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Tables } from './sql/schema.js';

/** What an operator did. */
export interface AuditEntry {
  /** Sorts by time. */
  id: string;
  /** In ms. */
  at: number;
  /** The system user. */
  actor: string;
  event: string;
  /** The account it was about. */
  uid: string | null;
  /** The signing key it was about. */
  key: string | null;
}

/** Digits of a time in ms until the year 33658: IDs of the same length sort alike under every collation. */
const TIME_DIGITS = 15;

/** The administrative acts, in SQL. Every method throws StoreUnavailableError when the database does. */
export class AuditLog {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async add(entry: Omit<AuditEntry, 'id'>): Promise<void> {
    const id = `${String(entry.at).padStart(TIME_DIGITS, '0')}-${randomBytes(8).toString('hex')}`;
    const { key, ...rest } = entry;
    await this.#db
      .insertInto('audit')
      .values({ ...rest, id, signing_key: key })
      .execute();
  }

  /**
   * Lists entries, the newest first.
   * @param page.before the ID of the last entry of the page before
   */
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

  /** The entries about an account, the oldest first. */
  async listOf(uid: string): Promise<AuditEntry[]> {
    return this.#db
      .selectFrom('audit')
      .select(['id', 'at', 'actor', 'event', 'uid', 'signing_key as key'])
      .where('uid', '=', uid)
      .orderBy('id')
      .execute();
  }
}
