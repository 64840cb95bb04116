import type { Kysely } from 'kysely';
import type { Tables } from './sql/schema.js';

/** How long uses are collected before they are written, in ms. */
const COLLECT_MS = 5000;
/** Sessions a statement; one number of them, so that there is one statement to prepare. */
const BATCH = 50;

/**
 * When sessions were last used: collected, and written together in the background. A signed request waits
 * for no write and makes none; a server that is killed forgets the last few seconds of it.
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

  /** What is not written yet. */
  get(tokenID: string): number | undefined {
    return this.#pending.get(tokenID);
  }

  /** Writes what was collected. What the database does not take is dropped: the next use tells it again. */
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
