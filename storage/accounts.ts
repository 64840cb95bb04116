import type { Kysely } from 'kysely';
import { normalizeEmail } from '../protocol/email.js';
import {
  ACCOUNT_COLUMNS,
  type Account,
  fromAccountRow,
  type PasswordMaterial,
  toAccountRow,
  toPasswordColumns,
} from './account-rows.js';
import { DuplicateRowError } from './errors.js';
import type { Outbox, OutgoingMail } from './outbox.js';
import type { Sealer } from './sealer.js';
import { prepareQuery } from './sql/prepared-query.js';
import type { Tables } from './sql/schema.js';

/** Accounts in SQL. Every method throws StoreUnavailableError when the database fails. */
export class Accounts {
  readonly #db: Kysely<Tables>;
  readonly #sealer: Sealer;
  readonly #outbox: Outbox;
  readonly #purgeDeleted: () => Promise<void>;
  readonly #selectByUid: ReturnType<typeof prepareSelect>;
  readonly #selectByEmail: ReturnType<typeof prepareSelect>;

  constructor(db: Kysely<Tables>, sealer: Sealer, outbox: Outbox, purgeDeleted: () => Promise<void>) {
    this.#db = db;
    this.#sealer = sealer;
    this.#outbox = outbox;
    this.#purgeDeleted = purgeDeleted;
    this.#selectByUid = prepareSelect(db, 'uid');
    this.#selectByEmail = prepareSelect(db, 'normalized_email');
  }

  /** Creates an account and its first mail. @returns `false` when an account has this address, in any case */
  async create(account: Account, mail: OutgoingMail): Promise<boolean> {
    try {
      await this.#db.transaction().execute(async (transaction) => {
        await transaction.insertInto('accounts').values(toAccountRow(this.#sealer, account)).execute();
        await this.#outbox.add(mail, transaction);
      });
      return true;
    } catch (error) {
      if (error instanceof DuplicateRowError) return false;
      throw error;
    }
  }

  async exists(email: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('accounts')
      .select('uid')
      .where('normalized_email', '=', normalizeEmail(email))
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Ignores ASCII case. */
  async findByEmail(email: string): Promise<Account | undefined> {
    const { rows } = await this.#selectByEmail({ value: normalizeEmail(email) });
    return rows[0] && fromAccountRow(this.#sealer, rows[0]);
  }

  async findByUid(uid: string): Promise<Account | undefined> {
    const { rows } = await this.#selectByUid({ value: uid });
    return rows[0] && fromAccountRow(this.#sealer, rows[0]);
  }

  /** Idempotent: a second call keeps the first time. */
  async markVerified(uid: string, nowMs: number): Promise<void> {
    await this.#db
      .updateTable('accounts')
      .set({ verified_at: nowMs })
      .where('uid', '=', uid)
      .where('verified_at', 'is', null)
      .execute();
  }

  /** Sets a password, ends all sessions. @returns `false` when it is gone or has a later generation */
  async setPassword(
    uid: string,
    generation: number,
    material: PasswordMaterial,
    nowMs: number,
  ): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('accounts')
        .set({
          ...toPasswordColumns(this.#sealer, uid, material),
          generation: Math.max(nowMs, generation + 1),
        })
        .where('uid', '=', uid)
        .where('generation', '=', generation)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await transaction.deleteFrom('sessions').where('uid', '=', uid).execute();
      return true;
    });
  }

  /** Deletes an account and its rows. @returns `false` when it is gone or has a later generation */
  async destroy(uid: string, generation: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('accounts')
      .where('uid', '=', uid)
      .where('generation', '=', generation)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    // After a failed purge the account is still deleted. The next purge covers it.
    await this.#purgeDeleted().catch(() => {});
    return true;
  }

  /** Locks an account, which ends its sessions and tokens. @returns `false` when it is gone or locked */
  async lock(uid: string, nowMs: number): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('accounts')
        .set((eb) => ({
          locked_at: nowMs,
          generation: eb
            .case()
            .when('generation', '<', nowMs)
            .then(nowMs)
            .else(eb('generation', '+', 1))
            .end(),
        }))
        .where('uid', '=', uid)
        .where('locked_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await transaction.deleteFrom('sessions').where('uid', '=', uid).execute();
      return true;
    });
  }

  /** @returns `false` when it is gone or not locked */
  async unlock(uid: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('accounts')
      .set({ locked_at: null })
      .where('uid', '=', uid)
      .where('locked_at', 'is not', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }
}

function prepareSelect(db: Kysely<Tables>, column: 'uid' | 'normalized_email') {
  return prepareQuery(db, ({ value }: { value: string }) =>
    db.selectFrom('accounts').select(ACCOUNT_COLUMNS).where(column, '=', value),
  );
}
