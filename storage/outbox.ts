import { type Kysely, type Selectable, sql } from 'kysely';
import { MissingRowError } from './errors.js';
import type { Sealer } from './sealer.js';
import type { SqlEngine } from './sql/migrations.js';
import type { Tables } from './sql/schema.js';
import { aadFor } from './sql/sealed-columns.js';

export interface OutgoingMail {
  id: string;
  uid: string;
  kind: 'verify' | 'recovery';
  email: string;
  code: string;
  locale: string;
  createdAt: number;
}

/** A leased mail and the number of earlier attempts. */
export interface ClaimedMail extends OutgoingMail {
  attempts: number;
}

/** Times in ms. */
export interface WaitingMail {
  createdAt: number;
  nextAttemptAt: number;
  attempts: number;
}

/** The queue of unsent mails: a restart must not lose them. Methods throw StoreUnavailableError. */
export class Outbox {
  readonly #db: Kysely<Tables>;
  readonly #sealer: Sealer;
  readonly #engine: SqlEngine;

  constructor(db: Kysely<Tables>, sealer: Sealer, engine: SqlEngine) {
    this.#db = db;
    this.#sealer = sealer;
    this.#engine = engine;
  }

  /** Oldest first. */
  async listOf(uid: string): Promise<WaitingMail[]> {
    return this.#db
      .selectFrom('mails')
      .select(['created_at as createdAt', 'next_attempt_at as nextAttemptAt', 'attempts'])
      .where('uid', '=', uid)
      .orderBy('created_at')
      .execute();
  }

  /** @param transaction the caller's, if the mail belongs to it. @returns `false` when its account is gone */
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

  /** Leases due mails, oldest first. Other servers get them after the lease unless they were removed. */
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
          // Simultaneous servers get different mails without waiting for each other.
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

  /** @returns `undefined` when no storage key opens the mail, so that it does not block the others */
  #open(row: Omit<Selectable<Tables['mails']>, 'next_attempt_at'>): ClaimedMail | undefined {
    const { id, uid, message, attempts, created_at } = row;
    try {
      const opened = JSON.parse(this.#sealer.open(aadOf(id), message).toString());
      return { ...opened, id, uid, createdAt: created_at, attempts: attempts - 1 };
    } catch {
      return undefined;
    }
  }

  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom('mails').where('id', '=', id).execute();
  }

  async postpone(id: string, untilMs: number): Promise<void> {
    await this.#db.updateTable('mails').set({ next_attempt_at: untilMs }).where('id', '=', id).execute();
  }

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
