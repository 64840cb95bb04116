import { type Kysely, sql } from 'kysely';
import type { Tables } from './sql/schema.js';

export interface HousekeepingOptions {
  /** How long after its last use a session is removed, in ms. Unset: never. */
  sessionIdleMs?: number | undefined;
}

/** How many rows were removed. */
export interface Pruned {
  /** Sessions that outlived their password or their use. */
  sessions: number;
  /** Mails that nobody could send. */
  mails: number;
}

/** How long housekeeping is one server's, and so how often it is done, in ms. */
const LEASE_MS = 60 * 60 * 1000;
/** How often a server asks whether it is its turn, in ms. */
const ASK_MS = 10 * 60 * 1000;
/** Longer than the mailer keeps trying, in ms: what is left then are mails that no storage key opens. */
const MAIL_LIFE_MS = 7 * 24 * 60 * 60 * 1000;
/** Rows looked at, or removed, by a statement: few enough that nobody waits for it. */
const BATCH = 500;

/** Removes rows that are of no use any more, in small batches, on whichever server gets the lease. */
export class Housekeeping {
  readonly #db: Kysely<Tables>;
  readonly #options: HousekeepingOptions;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  /** Begins to look every few minutes whether it is time. @param now the clock, ms since 1970 */
  constructor(db: Kysely<Tables>, now: () => number, options: HousekeepingOptions = {}) {
    this.#db = db;
    this.#options = options;
    // A database that is away is asked again a few minutes later.
    this.#timer = setInterval(() => void this.run(now()).catch(() => {}), ASK_MS).unref();
  }

  /**
   * Does what there is to do, if it is this server's turn.
   * @returns `undefined` when it is another's, or was done within the hour
   * @throws StoreUnavailableError
   */
  async run(nowMs: number): Promise<Pruned | undefined> {
    if (!(await this.#takeLease(nowMs))) return undefined;
    return { sessions: await this.#pruneSessions(nowMs), mails: await this.#pruneMails(nowMs) };
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
    // In the order of the primary key, a stretch of it at a time.
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

  async #pruneMails(nowMs: number): Promise<number> {
    let pruned = 0;
    while (!this.#closed) {
      const { numDeletedRows } = await this.#db
        .deleteFrom('mails')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('mails as old')
            .select('old.id')
            .where('old.created_at', '<', nowMs - MAIL_LIFE_MS)
            .limit(sql.lit(BATCH)),
        )
        .executeTakeFirst();
      pruned += Number(numDeletedRows);
      if (numDeletedRows < BATCH) break;
    }
    return pruned;
  }
}
