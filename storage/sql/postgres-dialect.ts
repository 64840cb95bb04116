import { createHash } from 'node:crypto';
import { type Dialect, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { withTimeout } from '../with-timeout.js';

export interface PostgresOptions {
  url: string;
  /** Most connections. */
  poolSize: number;
  /** Whether statements are bound in time and kept prepared, as requests want it and migrations do not. */
  forRequests: boolean;
  /** Whether the server is to refuse writes. */
  readOnly?: boolean;
}

/** How long a request waits for a connection, in ms. */
const ACQUIRE_TIMEOUT_MS = 1000;
/**
 * How long making one may take, in ms: longer than the request waits that asked for it, for those that come next. Else
 * a PostgreSQL that is slow to let anyone in would let nobody in.
 */
const CONNECT_TIMEOUT_MS = 3000;
/**
 * How long all that is done with it may take, from when it was asked for, in ms: callers answer within two seconds,
 * on a busy machine, too.
 */
const DEADLINE_MS = 1500;
/** PostgreSQL gives up before we do, so that a statement that waited for a lock is not done later. */
const STATEMENT_TIMEOUT_MS = 1300;
/** Statements kept prepared on each connection; the server has fewer kinds than this. */
const MAX_PREPARED = 200;

/** Kysely over the `pg` package, with a pool that answers in time and drops connections that do not. */
export function createPostgresDialect(options: PostgresOptions): Dialect {
  return new PostgresDialect({ pool: new BoundPool(options) });
}

class BoundPool implements PostgresPool {
  readonly #pool: pg.Pool;
  readonly #forRequests: boolean;
  readonly #clients = new WeakMap<pg.PoolClient, BoundClient>();
  /** When a connection last failed to answer, by `performance.now()`. */
  #suspectSince = Number.NEGATIVE_INFINITY;

  constructor({ url, poolSize, forRequests, readOnly }: PostgresOptions) {
    this.#forRequests = forRequests;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      ...(forRequests && { statement_timeout: STATEMENT_TIMEOUT_MS }),
      ...(readOnly && { options: '-c default_transaction_read_only=on' }),
      types: {
        getTypeParser: ((oid: number, format: 'text') =>
          parseColumn(oid, format)) as typeof pg.types.getTypeParser,
      },
    });
    // A connection that breaks tells the query that is under way; unheard, the event would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    this.#pool.on('error', () => {});
  }

  async connect(): Promise<PostgresPoolClient> {
    const started = performance.now();
    const acquired = this.#acquire();
    try {
      const client = await withTimeout(this.#forRequests ? ACQUIRE_TIMEOUT_MS : CONNECT_TIMEOUT_MS, acquired);
      client.deadline = this.#forRequests ? started + DEADLINE_MS : Number.POSITIVE_INFINITY;
      return client;
    } catch (error) {
      acquired.then(
        (late) => late.release(),
        () => {},
      );
      throw error;
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  async #acquire(): Promise<BoundClient> {
    for (;;) {
      const client = await this.#pool.connect();
      const known = this.#clients.get(client) ?? new BoundClient(client, this.#forRequests, this.#suspect);
      this.#clients.set(client, known);
      // Where one connection went silent, others that have not been heard since may have, too.
      if (known.answeredAt >= this.#suspectSince) return known;
      client.release(true);
    }
  }

  #suspect = () => {
    this.#suspectSince = performance.now();
  };
}

class BoundClient implements PostgresPoolClient {
  answeredAt = performance.now();
  /** When all that is done with this connection must be over, by `performance.now()`. */
  deadline = Number.POSITIVE_INFINITY;
  #broken: Error | undefined;

  constructor(
    readonly client: pg.PoolClient,
    readonly prepare: boolean,
    readonly onSilence: () => void,
  ) {}

  query: PostgresPoolClient['query'] = ((sql: string, values: readonly unknown[]) =>
    this.#query(sql, values)) as unknown as PostgresPoolClient['query'];

  release(): void {
    this.client.release(this.#broken);
  }

  async #query(sql: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    // ROLLBACK on a connection that went silent would only wait once more.
    if (this.#broken) throw this.#broken;
    const leftMs = this.deadline - performance.now();
    const name = this.prepare ? statementName(sql) : undefined;
    try {
      const result = await this.client.query({
        text: sql,
        values: values as unknown[],
        ...(name && { name }),
        ...(leftMs !== Number.POSITIVE_INFINITY && { query_timeout: Math.max(1, Math.ceil(leftMs)) }),
      } as pg.QueryConfig);
      this.answeredAt = performance.now();
      return result;
    } catch (error) {
      if (error instanceof pg.DatabaseError) this.answeredAt = performance.now();
      else {
        this.#broken = error as Error;
        this.onSilence();
      }
      throw error;
    }
  }
}

const statementNames = new Map<string, string>();

/** The same text has the same name in every process: poolers in between may share its preparation. */
function statementName(sql: string): string | undefined {
  let name = statementNames.get(sql);
  if (!name && statementNames.size < MAX_PREPARED) {
    name = `fxa_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
    statementNames.set(sql, name);
  }
  return name;
}

/** Every bigint column holds ms or a count, well inside a double. */
function parseColumn(oid: number, format: 'text') {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format);
}
