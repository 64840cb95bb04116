import type { Kysely } from 'kysely';
import type { Tables } from './sql/schema.js';

const COLLECT_MS = 5000;
/** Sessions in each statement: a fixed number needs only one prepared statement. */
const BATCH = 50;

/** Writes last uses in batches: a signed request does not wait for it. A killed server loses some seconds. */
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
