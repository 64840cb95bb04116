import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { DuplicateRowError } from './errors.js';
import type { Sealer } from './sealer.js';
import type { Tables } from './sql/schema.js';
import { aadFor } from './sql/sealed-columns.js';

const SECRET_BYTES = 32;

/** Random secrets that all servers of a database share. A change of the storage key does not change them. */
export class Secrets {
  readonly #db: Kysely<Tables>;
  readonly #sealer: Sealer;

  constructor(db: Kysely<Tables>, sealer: Sealer) {
    this.#db = db;
    this.#sealer = sealer;
  }

  /** Returns 32 bytes, which the first call on any server generates. @throws StoreUnavailableError */
  async obtain(name: string): Promise<Buffer> {
    return (await this.#find(name)) ?? (await this.#make(name));
  }

  async #find(name: string): Promise<Buffer | undefined> {
    const row = await this.#db
      .selectFrom('secrets')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirst();
    return row && this.#sealer.open(aadFor('secrets', 'value', name), row.value);
  }

  async #make(name: string): Promise<Buffer> {
    const secret = randomBytes(SECRET_BYTES);
    const value = this.#sealer.seal(aadFor('secrets', 'value', name), secret);
    try {
      await this.#db.insertInto('secrets').values({ name, value }).execute();
      return secret;
    } catch (error) {
      // Another server generated it first.
      if (error instanceof DuplicateRowError) return (await this.#find(name)) as Buffer;
      throw error;
    }
  }
}
