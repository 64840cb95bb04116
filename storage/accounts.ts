import type { Kysely } from 'kysely';
import { normalizeEmail } from '../protocol/email.js';
import { DuplicateRowError } from './errors.js';
import type { Outbox, OutgoingMail } from './outbox.js';
import type { Sealer } from './sealer.js';
import { prepareQuery } from './sql/prepared-query.js';
import type { Tables } from './sql/schema.js';
import { aadFor } from './sql/sealed-columns.js';

/** Fields that change with the password. */
export interface PasswordMaterial {
  verifier: Uint8Array;
  srpSalt: Uint8Array;
  stretchingSalt: Uint8Array;
  wrapKb: Uint8Array;
}

/** An account with its sealed columns decrypted. Times in ms. */
export interface Account extends PasswordMaterial {
  uid: string;
  /** As given at creation; derivations depend on its bytes. */
  email: string;
  verifiedAt: number | null;
  /** 64 hex digits. */
  verifyCode: string;
  kA: Uint8Array;
  /** When the password was last set or the account was locked. It never decreases. */
  generation: number;
  locale: string;
  createdAt: number;
  /** When an operator locked it. */
  lockedAt: number | null;
}

type Sealed = 'verify_code' | 'verifier' | 'ka' | 'wrap_kb';

/** Listed by name, so that a running server tolerates a column that a newer one adds. */
const COLUMNS = [
  'uid',
  'email',
  'verified_at',
  'verify_code',
  'verifier',
  'srp_salt',
  'stretching_salt',
  'ka',
  'wrap_kb',
  'generation',
  'locale',
  'created_at',
  'locked_at',
] as const;

/** Accounts in SQL. Every method throws StoreUnavailableError when the database does. */
export class Accounts {
  readonly #db: Kysely<Tables>;
  readonly #sealer: Sealer;
  readonly #outbox: Outbox;
  readonly #purgeDeleted: () => Promise<void>;
  readonly #selectByUid: ReturnType<typeof prepareSelect>;
  readonly #selectByEmail: ReturnType<typeof prepareSelect>;

  /** @param purgeDeleted removes deleted content from the files of the database */
  constructor(db: Kysely<Tables>, sealer: Sealer, outbox: Outbox, purgeDeleted: () => Promise<void>) {
    this.#db = db;
    this.#sealer = sealer;
    this.#outbox = outbox;
    this.#purgeDeleted = purgeDeleted;
    this.#selectByUid = prepareSelect(db, 'uid');
    this.#selectByEmail = prepareSelect(db, 'normalized_email');
  }

  /**
   * Creates an account and adds its first mail to the outbox, in one transaction.
   * @returns `false` when an account has this address, in any ASCII case
   */
  async create(account: Account, mail: OutgoingMail): Promise<boolean> {
    const { uid } = account;
    try {
      await this.#db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('accounts')
          .values({
            uid,
            email: account.email,
            normalized_email: normalizeEmail(account.email),
            verified_at: account.verifiedAt,
            verify_code: this.#seal(uid, 'verify_code', Buffer.from(account.verifyCode, 'hex')),
            ka: this.#seal(uid, 'ka', account.kA),
            generation: account.generation,
            locale: account.locale,
            created_at: account.createdAt,
            locked_at: account.lockedAt,
            ...this.#sealMaterial(uid, account),
          })
          .execute();
        await this.#outbox.add(mail, transaction);
      });
      return true;
    } catch (error) {
      if (error instanceof DuplicateRowError) return false;
      throw error;
    }
  }

  /** Whether an account has this address, in any ASCII case. */
  async exists(email: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('accounts')
      .select('uid')
      .where('normalized_email', '=', normalizeEmail(email))
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Returns the account with this address, in any ASCII case. */
  async findByEmail(email: string): Promise<Account | undefined> {
    const { rows } = await this.#selectByEmail({ value: normalizeEmail(email) });
    return this.#open(rows[0]);
  }

  async findByUid(uid: string): Promise<Account | undefined> {
    const { rows } = await this.#selectByUid({ value: uid });
    return this.#open(rows[0]);
  }

  /** Marks the address verified. Idempotent: the first time stays. */
  async markVerified(uid: string, nowMs: number): Promise<void> {
    await this.#db
      .updateTable('accounts')
      .set({ verified_at: nowMs })
      .where('uid', '=', uid)
      .where('verified_at', 'is', null)
      .execute();
  }

  /**
   * Sets a new password and ends every session, in one transaction.
   * @param generation the generation for which the caller has proof
   * @returns `false` when the account is gone or has a later generation
   */
  async setPassword(
    uid: string,
    generation: number,
    material: PasswordMaterial,
    nowMs: number,
  ): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('accounts')
        .set({ ...this.#sealMaterial(uid, material), generation: Math.max(nowMs, generation + 1) })
        .where('uid', '=', uid)
        .where('generation', '=', generation)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await transaction.deleteFrom('sessions').where('uid', '=', uid).execute();
      return true;
    });
  }

  /**
   * Deletes an account with its sessions and mails.
   * @param generation the generation for which the caller has proof
   * @returns `false` when the account is gone or has a later generation
   */
  async destroy(uid: string, generation: number): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('accounts')
      .where('uid', '=', uid)
      .where('generation', '=', generation)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    // A purge that fails changes nothing about the account: the log is purged with the next one.
    await this.#purgeDeleted().catch(() => {});
    return true;
  }

  /**
   * Locks an account. Its sessions end, and the new generation makes its tokens invalid.
   * @returns `false` when it is gone or already locked
   */
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

  /** Unlocks an account. @returns `false` when it is gone or not locked */
  async unlock(uid: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('accounts')
      .set({ locked_at: null })
      .where('uid', '=', uid)
      .where('locked_at', 'is not', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  #sealMaterial(uid: string, material: PasswordMaterial) {
    return {
      verifier: this.#seal(uid, 'verifier', material.verifier),
      srp_salt: Buffer.from(material.srpSalt),
      stretching_salt: Buffer.from(material.stretchingSalt),
      wrap_kb: this.#seal(uid, 'wrap_kb', material.wrapKb),
    };
  }

  #seal(uid: string, column: Sealed, plaintext: Uint8Array): Buffer {
    return this.#sealer.seal(aadFor('accounts', column, uid), plaintext);
  }

  #open(row: Pick<Tables['accounts'], (typeof COLUMNS)[number]> | undefined): Account | undefined {
    if (!row) return undefined;
    const open = (column: Sealed) => this.#sealer.open(aadFor('accounts', column, row.uid), row[column]);
    return {
      uid: row.uid,
      email: row.email,
      verifiedAt: row.verified_at,
      verifyCode: open('verify_code').toString('hex'),
      kA: open('ka'),
      generation: row.generation,
      locale: row.locale,
      createdAt: row.created_at,
      lockedAt: row.locked_at,
      verifier: open('verifier'),
      srpSalt: row.srp_salt,
      stretchingSalt: row.stretching_salt,
      wrapKb: open('wrap_kb'),
    };
  }
}

function prepareSelect(db: Kysely<Tables>, column: 'uid' | 'normalized_email') {
  return prepareQuery(db, ({ value }: { value: string }) =>
    db.selectFrom('accounts').select(COLUMNS).where(column, '=', value),
  );
}
