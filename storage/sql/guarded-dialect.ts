import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';
import { DuplicateRowError, MissingRowError, StoreUnavailableError } from '../errors.js';

/** One statement, for metrics. */
export interface StatementTiming {
  sql: string;
  ms: number;
  failed: boolean;
}

/**
 * Wraps a dialect, so that every failure is one of three errors: DuplicateRowError for a violated unique key,
 * MissingRowError for a violated foreign key, StoreUnavailableError with the cause for everything else.
 * @param observe called after every statement, including BEGIN, COMMIT and ROLLBACK, and after a failed connect
 */
export function guardDialect(dialect: Dialect, observe: (timing: StatementTiming) => void): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => guardDriver(dialect.createDriver(), observe),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

function guardDriver(driver: Driver, observe: (timing: StatementTiming) => void): Driver {
  const guarded = new WeakMap<DatabaseConnection, GuardedConnection>();
  const inner = (connection: DatabaseConnection) => (connection as GuardedConnection).inner;
  return {
    init: () => translate(() => driver.init()),
    acquireConnection: () =>
      translate(async () => {
        const connection = await connect(driver, observe);
        const known = guarded.get(connection) ?? new GuardedConnection(connection, observe);
        guarded.set(connection, known);
        return known;
      }),
    beginTransaction: (connection, settings) =>
      timed('begin', observe, () => driver.beginTransaction(inner(connection), settings)),
    commitTransaction: (connection) =>
      timed('commit', observe, () => driver.commitTransaction(inner(connection))),
    rollbackTransaction: (connection) =>
      timed('rollback', observe, () => driver.rollbackTransaction(inner(connection))),
    releaseConnection: (connection) => driver.releaseConnection(inner(connection)),
    destroy: () => driver.destroy(),
  };
}

/** A failure is observed as the statement `connect`. */
async function connect(
  driver: Driver,
  observe: (timing: StatementTiming) => void,
): Promise<DatabaseConnection> {
  const started = performance.now();
  try {
    return await driver.acquireConnection();
  } catch (error) {
    observe({ sql: 'connect', ms: performance.now() - started, failed: true });
    throw error;
  }
}

class GuardedConnection implements DatabaseConnection {
  constructor(
    readonly inner: DatabaseConnection,
    readonly observe: (timing: StatementTiming) => void,
  ) {}

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return timed(query.sql, this.observe, () => this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number) {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

async function timed<T>(
  sql: string,
  observe: (timing: StatementTiming) => void,
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  let failed = true;
  try {
    const result = await translate(work);
    failed = false;
    return result;
  } finally {
    observe({ sql, ms: performance.now() - started, failed });
  }
}

async function translate<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const violated = violatedConstraint(error);
    if (violated === 'unique') throw new DuplicateRowError('a row with this key exists', { cause: error });
    if (violated === 'foreign key')
      throw new MissingRowError('the row it belongs to is gone', { cause: error });
    throw new StoreUnavailableError('database', error);
  }
}

/** PostgreSQL has a SQLSTATE for each kind of constraint. SQLite names the kind in its message only. */
function violatedConstraint(error: unknown): 'unique' | 'foreign key' | undefined {
  const { code, message = '' } = error as { code?: string; message?: string };
  if (code === '23505' || (code === 'SQLITE_CONSTRAINT' && message.includes('UNIQUE'))) return 'unique';
  if (code === '23503' || (code === 'SQLITE_CONSTRAINT' && message.includes('FOREIGN'))) return 'foreign key';
  return undefined;
}
