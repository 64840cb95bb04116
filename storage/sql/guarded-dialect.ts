import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';
import { DuplicateRowError, StoreUnavailableError } from '../errors.js';

/** One statement, as metrics and the statement count see it. */
export interface StatementTiming {
  sql: string;
  ms: number;
  failed: boolean;
}

/**
 * Wraps a dialect so that every failure leaves storage as one of two errors: DuplicateRowError for
 * a unique key that is taken, StoreUnavailableError for everything else, the cause kept for the log.
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
        const connection = await driver.acquireConnection();
        const known = guarded.get(connection) ?? new GuardedConnection(connection, observe);
        guarded.set(connection, known);
        return known;
      }),
    beginTransaction: (connection, settings) =>
      translate(() => driver.beginTransaction(inner(connection), settings)),
    commitTransaction: (connection) => translate(() => driver.commitTransaction(inner(connection))),
    rollbackTransaction: (connection) => translate(() => driver.rollbackTransaction(inner(connection))),
    releaseConnection: (connection) => driver.releaseConnection(inner(connection)),
    destroy: () => driver.destroy(),
  };
}

class GuardedConnection implements DatabaseConnection {
  constructor(
    readonly inner: DatabaseConnection,
    readonly observe: (timing: StatementTiming) => void,
  ) {}

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const started = performance.now();
    let failed = true;
    try {
      const result = await translate(() => this.inner.executeQuery<R>(query));
      failed = false;
      return result;
    } finally {
      this.observe({ sql: query.sql, ms: performance.now() - started, failed });
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number) {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

async function translate<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isUniqueViolation(error)) throw new DuplicateRowError('a row with this key exists', { cause: error });
    throw new StoreUnavailableError('database', error);
  }
}

/** PostgreSQL's SQLSTATE 23505; SQLite names the kind of constraint in its message only. */
function isUniqueViolation(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === '23505' || (code === 'SQLITE_CONSTRAINT' && /UNIQUE/.test(message ?? ''));
}
