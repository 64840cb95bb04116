import { type Kysely, type Selectable, sql } from 'kysely';
import type { Sealer } from './sealer.js';
import type { Tables } from './sql/schema.js';

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

  constructor(db: Kysely<Tables>, sealer: Sealer) {
    this.#db = db;
    this.#sealer = sealer;
  }

  /** Adds a mail, within the caller's transaction where one is given. */
  async add(mail: OutgoingMail, transaction: Kysely<Tables> = this.#db): Promise<void> {
    const { id, uid, createdAt, ...message } = mail;
    await transaction
      .insertInto('mails')
      .values({
        id,
        uid,
        message: this.#sealer.seal(`mails.message:${id}`, Buffer.from(JSON.stringify(message))),
        next_attempt_at: createdAt,
        created_at: createdAt,
      })
      .execute();
  }

  /**
   * Takes mails that are due; no other server gets them until the lease is over, and if this one
   * dies they are due again then.
   */
  async claim(limit: number, nowMs: number, leaseMs: number): Promise<ClaimedMail[]> {
    const rows = await this.#db
      .updateTable('mails')
      .set({ next_attempt_at: nowMs + leaseMs, attempts: sql`attempts + 1` })
      .where('next_attempt_at', '<=', nowMs)
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('mails as due')
          .select('due.id')
          .where('due.next_attempt_at', '<=', nowMs)
          .orderBy('due.next_attempt_at')
          .limit(limit),
      )
      .returningAll()
      .execute();
    return rows.flatMap((row) => this.#open(row) ?? []);
  }

  /** `undefined` when no key opens the mail: it waits for its key, and must not hold up the others. */
  #open({ id, uid, message, attempts, created_at }: Selectable<Tables['mails']>): ClaimedMail | undefined {
    try {
      const opened = JSON.parse(this.#sealer.open(`mails.message:${id}`, message).toString());
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
