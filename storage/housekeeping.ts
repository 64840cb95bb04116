import { type DeleteResult, type Kysely, sql } from 'kysely';
import { firstAuditId } from './audit-log.js';
import type { Tables } from './sql/schema.js';

export interface HousekeepingOptions {
  /** Maximum ages. Unset: nothing is removed. */
  sessionIdleMs?: number | undefined;
  auditMs?: number | undefined;
}

export interface Pruned {
  sessions: number;
  mails: number;
  acts: number;
}

/** Housekeeping runs once in each lease. */
const LEASE_MS = 60 * 60 * 1000;
const LEASE_ATTEMPT_INTERVAL_MS = 10 * 60 * 1000;
/** The mailer gives up earlier, unless no storage key opens the mail. */
const MAIL_LIFE_MS = 7 * 24 * 60 * 60 * 1000;
/** A small number of rows in one statement keeps locks short. */
const BATCH = 500;

/** Removes obsolete rows in small batches, on the server that gets the lease. */
export class Housekeeping {
  readonly #db: Kysely<Tables>;
  readonly #options: HousekeepingOptions;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(db: Kysely<Tables>, now: () => number, options: HousekeepingOptions = {}) {
    this.#db = db;
    this.#options = options;
    // After a failure the next interval tries again.
    this.#timer = setInterval(() => void this.run(now()).catch(() => {}), LEASE_ATTEMPT_INTERVAL_MS).unref();
  }

  /** @returns `undefined` when a server has done it within the last hour. @throws StoreUnavailableError */
  async run(nowMs: number): Promise<Pruned | undefined> {
    if (!(await this.#takeLease(nowMs))) return undefined;
    return {
      sessions: await this.#pruneSessions(nowMs),
      mails: await this.#pruneMails(nowMs),
      acts: await this.#pruneActs(nowMs),
    };
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  async #takeLease(nowMs: number): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto('leases')
      .values({ name: 'housekeeping', until: nowMs + LEASE_MS })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet({ until: nowMs + LEASE_MS })
          .where('leases.until', '<=', nowMs),
      )
      .executeTakeFirst();
    return Boolean(numInsertedOrUpdatedRows);
  }

  async #pruneSessions(nowMs: number): Promise<number> {
    const { sessionIdleMs } = this.#options;
    const usedBefore = sessionIdleMs === undefined ? 0 : nowMs - sessionIdleMs;
    let pruned = 0;
    // Reads ranges of the primary key, one at a time.
    for (let last = ''; !this.#closed; ) {
      const stretch = await this.#db
        .selectFrom((eb) =>
          eb
            .selectFrom('sessions')
            .select('token_id')
            .where('token_id', '>', last)
            .orderBy('token_id')
            .limit(BATCH)
            .as('stretch'),
        )
        .select((eb) => eb.fn.max('token_id').as('end'))
        .executeTakeFirst();
      if (!stretch?.end) break;
      const { numDeletedRows } = await this.#db
        .deleteFrom('sessions')
        .where('token_id', '>', last)
        .where('token_id', '<=', stretch.end)
        .where((eb) =>
          eb.or([
            eb('last_access_at', '<', usedBefore),
            eb('generation', '<>', (eb) =>
              eb
                .selectFrom('accounts')
                .select('accounts.generation')
                .whereRef('accounts.uid', '=', 'sessions.uid'),
            ),
          ]),
        )
        .executeTakeFirst();
      pruned += Number(numDeletedRows);
      last = stretch.end;
    }
    return pruned;
  }

  #pruneMails(nowMs: number): Promise<number> {
    return this.#deleteInBatches(() =>
      this.#db
        .deleteFrom('mails')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('mails as old')
            .select('old.id')
            .where('old.created_at', '<', nowMs - MAIL_LIFE_MS)
            .limit(sql.lit(BATCH)),
        )
        .executeTakeFirst(),
    );
  }

  async #pruneActs(nowMs: number): Promise<number> {
    const { auditMs } = this.#options;
    if (auditMs === undefined) return 0;
    const first = firstAuditId(nowMs - auditMs);
    return this.#deleteInBatches(() =>
      this.#db
        .deleteFrom('audit')
        .where('id', 'in', (eb) =>
          eb.selectFrom('audit as old').select('old.id').where('old.id', '<', first).limit(sql.lit(BATCH)),
        )
        .executeTakeFirst(),
    );
  }

  async #deleteInBatches(deleteBatch: () => Promise<DeleteResult>): Promise<number> {
    let deleted = 0;
    while (!this.#closed) {
      const { numDeletedRows } = await deleteBatch();
      deleted += Number(numDeletedRows);
      if (numDeletedRows < BATCH) break;
    }
    return deleted;
  }
}
