import { createHash } from 'node:crypto';
import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { withTimeout } from '../../protocol/with-timeout.js';
import type { EngineDialect, ViolatedConstraint } from './guarded-dialect.js';

export interface PostgresOptions {
  url: string;
  poolSize: number;
  /** Whether statements have the time limits of requests and stay prepared. Not for migrations. */
  forRequests: boolean;
  readOnly?: boolean;
}

const ACQUIRE_TIMEOUT_MS = 1000;
/** Exceeds the wait of a request, so that a slow PostgreSQL serves the next ones. */
const CONNECT_TIMEOUT_MS = 3000;
/** Limit for waiting for a connection and using it: below a request's two seconds, with a margin. */
const DEADLINE_MS = 1500;
/** Below DEADLINE_MS: PostgreSQL cancels a statement that waits for a lock before this server gives up. */
const STATEMENT_TIMEOUT_MS = 1300;
/** Limit of prepared statements on each connection. The server has fewer. */
const MAX_PREPARED = 200;

/** Its pool has time limits and drops connections that exceed them. */
export function createPostgresDialect(options: PostgresOptions): EngineDialect {
  return new PgDialect({ pool: new BoundPool(options) });
}

class PgDialect extends PostgresDialect implements EngineDialect {
  /** @see PostgreSQL documentation, appendix A, "PostgreSQL Error Codes", class 23 */
  findViolatedConstraint(error: unknown): ViolatedConstraint | undefined {
    const { code } = error as { code?: string };
    if (code === '23505') return 'unique';
    return code === '23503' ? 'foreign key' : undefined;
  }
}

class BoundPool implements PostgresPool {
  readonly #pool: pg.Pool;
  readonly #forRequests: boolean;
  readonly #clients = new WeakMap<pg.PoolClient, BoundClient>();
  /** Time at which a connection last failed to answer, by `performance.now()`. */
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
    // The running query reports a broken connection. Without a listener the event ends the process.
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
      // After one connection timed out, others that have not answered since are suspect.
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
  /** Time at which the use of this connection must end, by `performance.now()`. */
  deadline = Number.POSITIVE_INFINITY;
  #broken: Error | undefined;

  constructor(
    readonly client: pg.PoolClient,
    readonly prepare: boolean,
    readonly onSilence: () => void,
  ) {}

  // The type has an overload for cursors, which the server does not use.
  query: PostgresPoolClient['query'] = ((sql: string, values: readonly unknown[]) =>
    this.#query(sql, values)) as unknown as PostgresPoolClient['query'];

  release(): void {
    this.client.release(this.#broken);
  }

  async #query(sql: string, values: readonly unknown[]): Promise<pg.QueryResult> {
    // A ROLLBACK on a connection that timed out would also time out.
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

/** Equal statements have equal names in every process, because poolers share prepared statements. */
function statementName(sql: string): string | undefined {
  let name = statementNames.get(sql);
  if (!name && statementNames.size < MAX_PREPARED) {
    name = `fxa_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
    statementNames.set(sql, name);
  }
  return name;
}

/** Bigint columns hold times in ms and counts, which a double represents exactly. */
function parseColumn(oid: number, format: 'text') {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format);
}
