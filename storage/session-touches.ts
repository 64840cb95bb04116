import type { Kysely } from 'kysely';
import type { Tables } from './sql/schema.js';

/** Time between a use and its write, in ms. */
const COLLECT_MS = 5000;
/** Sessions in each statement. The number is fixed, so that one prepared statement is enough. */
const BATCH = 50;

/**
 * Collects last uses and writes them in batches, because a signed request must not wait for a write. A killed server
 * loses some seconds.
 */
export class SessionTouches {
  readonly #db: Kysely<Tables>;
  #pending = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  add(tokenID: string, nowMs: number): void {
    this.#pending.set(tokenID, nowMs);
    this.#timer ??= setTimeout(() => void this.write(), COLLECT_MS).unref();
  }

  /** Returns a last use that is not written yet. */
  get(tokenID: string): number | undefined {
    return this.#pending.get(tokenID);
  }

  /** Writes the collected times. A batch that fails is dropped: the next use of the session writes again. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = [...this.#pending];
    this.#pending = new Map();
    for (let start = 0; start < pending.length; start += BATCH) {
      const batch = pending.slice(start, start + BATCH);
      const latest = Math.max(...batch.map(([, usedAt]) => usedAt));
      const tokenIDs = Array.from({ length: BATCH }, (_, i) => (batch[i] ?? batch[0])?.[0] as string);
      await this.#db
        .updateTable('sessions')
        .set({ last_access_at: latest })
        .where('token_id', 'in', tokenIDs)
        .execute()
        .catch(() => {});
    }
  }
}
