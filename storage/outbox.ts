import { type Kysely, type Selectable, sql } from 'kysely';
import { MissingRowError } from './errors.js';
import type { Sealer } from './sealer.js';
import type { SqlEngine } from './sql/migrations.js';
import type { Tables } from './sql/schema.js';
import { aadFor } from './sql/sealed-columns.js';

/** A mail to be sent: what it says, not how it looks. */
export interface OutgoingMail {
  id: string;
  uid: string;
  kind: 'verify' | 'recovery';
  /** The address, as first given. */
  email: string;
  code: string;
  locale: string;
  createdAt: number;
}

/** A mail handed to this server for a while, with how often it was tried before. */
export interface ClaimedMail extends OutgoingMail {
  attempts: number;
}

/**
 * Mails that wait to be sent, in SQL so that a restart loses none. Every method throws
 * StoreUnavailableError when the database does.
 */
export class Outbox {
  readonly #db: Kysely<Tables>;
  readonly #sealer: Sealer;
  readonly #engine: SqlEngine;

  constructor(db: Kysely<Tables>, sealer: Sealer, engine: SqlEngine) {
    this.#db = db;
    this.#sealer = sealer;
    this.#engine = engine;
  }

  /**
   * Adds a mail, within the caller's transaction where one is given.
   * @returns `false` when its account is gone
   */
  async add(mail: OutgoingMail, transaction: Kysely<Tables> = this.#db): Promise<boolean> {
    const { id, uid, createdAt, ...message } = mail;
    try {
      await transaction
        .insertInto('mails')
        .values({
          id,
          uid,
          message: this.#sealer.seal(aadOf(id), Buffer.from(JSON.stringify(message))),
          next_attempt_at: createdAt,
          created_at: createdAt,
        })
        .execute();
      return true;
    } catch (error) {
      if (error instanceof MissingRowError) return false;
      throw error;
    }
  }

  /**
   * Takes mails that are due; no other server gets them until the lease is over, and if this one
   * dies they are due again then.
   * @returns the oldest first
   */
  async claim(limit: number, nowMs: number, leaseMs: number): Promise<ClaimedMail[]> {
    const rows = await this.#db
      .with('due', (db) =>
        db
          .selectFrom('mails')
          .select('id')
          .where('next_attempt_at', '<=', nowMs)
          .orderBy('next_attempt_at')
          .orderBy('created_at')
          .limit(limit)
          // Servers that ask at once get different mails, and do not wait for one another.
          .$if(this.#engine === 'postgres', (due) => due.forUpdate().skipLocked()),
      )
      .updateTable('mails')
      .set({ next_attempt_at: nowMs + leaseMs, attempts: sql`attempts + 1` })
      .where('id', 'in', (eb) => eb.selectFrom('due').select('due.id'))
      .returning(['id', 'uid', 'message', 'attempts', 'created_at'])
      .execute();
    const mails = rows.flatMap((row) => this.#open(row) ?? []);
    return mails.sort((a, b) => a.createdAt - b.createdAt);
  }

  /** `undefined` when no key opens the mail: it waits for its key, and must not hold up the others. */
  #open(row: Omit<Selectable<Tables['mails']>, 'next_attempt_at'>): ClaimedMail | undefined {
    const { id, uid, message, attempts, created_at } = row;
    try {
      const opened = JSON.parse(this.#sealer.open(aadOf(id), message).toString());
      return { ...opened, id, uid, createdAt: created_at, attempts: attempts - 1 };
    } catch {
      return undefined;
    }
  }

  /** Removes a mail that was sent, or given up. */
  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom('mails').where('id', '=', id).execute();
  }

  /** Puts a mail off. */
  async postpone(id: string, untilMs: number): Promise<void> {
    await this.#db.updateTable('mails').set({ next_attempt_at: untilMs }).where('id', '=', id).execute();
  }

  /** Mails waiting. */
  async count(): Promise<number> {
    const { waiting } = await this.#db
      .selectFrom('mails')
      .select((eb) => eb.fn.countAll<number>().as('waiting'))
      .executeTakeFirstOrThrow();
    return Number(waiting);
  }
}

function aadOf(id: string): string {
  return aadFor('mails', 'message', id);
}
