import type { Kysely } from 'kysely';
import type { SigningAlgorithm } from '../protocol/browserid-keys.js';
import { DuplicateRowError } from './errors.js';
import type { Sealer } from './sealer.js';
import type { Tables } from './sql/schema.js';
import { aadFor } from './sql/sealed-columns.js';

/** Times in ms. */
export interface StoredSigningKey {
  id: string;
  algorithm: SigningAlgorithm;
  privateKeyPem: string;
  createdAt: number;
  /** Time at which a newer key replaces it. Certificates of this key verify until they expire. */
  retiredAt: number | null;
}

/** The keys that sign certificates. All servers of one database share them. */
export class SigningKeys {
  readonly #db: Kysely<Tables>;
  readonly #sealer: Sealer;

  constructor(db: Kysely<Tables>, sealer: Sealer) {
    this.#db = db;
    this.#sealer = sealer;
  }

  /** Newest first. */
  async list(): Promise<StoredSigningKey[]> {
    const rows = await this.#db
      .selectFrom('signing_keys')
      .select(['id', 'algorithm', 'private_key', 'created_at', 'retired_at'])
      .orderBy('created_at', 'desc')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      algorithm: row.algorithm as SigningAlgorithm,
      privateKeyPem: this.#sealer.open(aadOf(row.id), row.private_key).toString(),
      createdAt: row.created_at,
      retiredAt: row.retired_at,
    }));
  }

  /** @returns `false` when the ID exists: another server added it first */
  async add(key: StoredSigningKey): Promise<boolean> {
    try {
      await this.#insert(key, this.#db);
      return true;
    } catch (error) {
      if (error instanceof DuplicateRowError) return false;
      throw error;
    }
  }

  /**
   * Adds a key that replaces the current one of its algorithm at a time when every server has read it.
   * @returns `false` when the ID exists: another process was first
   */
  async rotate(key: StoredSigningKey, takesOverAtMs: number): Promise<boolean> {
    const { id, algorithm } = key;
    try {
      await this.#db.transaction().execute(async (transaction) => {
        await this.#insert(key, transaction);
        await transaction
          .updateTable('signing_keys')
          .set({ retired_at: takesOverAtMs })
          .where('algorithm', '=', algorithm)
          .where('id', '!=', id)
          .where('retired_at', 'is', null)
          .execute();
      });
      return true;
    } catch (error) {
      if (error instanceof DuplicateRowError) return false;
      throw error;
    }
  }

  /** Replaces a key. @returns `false` when it is gone or the new ID exists: another process was first */
  async withdraw(id: string, replacement: StoredSigningKey | undefined): Promise<boolean> {
    try {
      return await this.#db.transaction().execute(async (transaction) => {
        const deleted = await transaction.deleteFrom('signing_keys').where('id', '=', id).executeTakeFirst();
        if (deleted.numDeletedRows === 0n) return false;
        if (replacement) await this.#insert(replacement, transaction);
        return true;
      });
    } catch (error) {
      if (error instanceof DuplicateRowError) return false;
      throw error;
    }
  }

  async #insert(key: StoredSigningKey, db: Kysely<Tables>): Promise<void> {
    await db
      .insertInto('signing_keys')
      .values({
        id: key.id,
        algorithm: key.algorithm,
        private_key: this.#sealer.seal(aadOf(key.id), Buffer.from(key.privateKeyPem)),
        created_at: key.createdAt,
        retired_at: key.retiredAt,
      })
      .execute();
  }
}

function aadOf(id: string): string {
  return aadFor('signing_keys', 'private_key', id);
}
