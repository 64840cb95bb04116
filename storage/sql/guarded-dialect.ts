import type { CompiledQuery, DatabaseConnection, Dialect, Driver, QueryResult } from 'kysely';
import { DuplicateRowError, MissingRowError, StoreUnavailableError } from '../errors.js';

export interface StatementTiming {
  sql: string;
  ms: number;
  failed: boolean;
}

export type ViolatedConstraint = 'unique' | 'foreign key';

export interface EngineDialect extends Dialect {
  findViolatedConstraint(error: unknown): ViolatedConstraint | undefined;
}

/**
 * Translates failures: DuplicateRowError for a unique key, MissingRowError for a foreign key, otherwise
 * StoreUnavailableError. Observes every statement, including BEGIN, COMMIT and ROLLBACK, and failed connects.
 */
export function guardDialect(dialect: EngineDialect, observe: (timing: StatementTiming) => void): Dialect {
  const translate = createTranslator(dialect);
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => guardDriver(dialect.createDriver(), translate, observe),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

type Translate = <T>(work: () => Promise<T>) => Promise<T>;

function guardDriver(
  driver: Driver,
  translate: Translate,
  observe: (timing: StatementTiming) => void,
): Driver {
  const runStatement = createStatementRunner(translate, observe);
  const guarded = new WeakMap<DatabaseConnection, GuardedConnection>();
  const inner = (connection: DatabaseConnection) => (connection as GuardedConnection).inner;
  return {
    init: () => translate(() => driver.init()),
    acquireConnection: () =>
      translate(async () => {
        const connection = await connect(driver, observe);
        const known = guarded.get(connection) ?? new GuardedConnection(connection, runStatement);
        guarded.set(connection, known);
        return known;
      }),
    beginTransaction: (connection, settings) =>
      runStatement('begin', () => driver.beginTransaction(inner(connection), settings)),
    commitTransaction: (connection) =>
      runStatement('commit', () => driver.commitTransaction(inner(connection))),
    rollbackTransaction: (connection) =>
      runStatement('rollback', () => driver.rollbackTransaction(inner(connection))),
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
    readonly run: RunStatement,
  ) {}

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.run(query.sql, () => this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number) {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

type RunStatement = <T>(sql: string, work: () => Promise<T>) => Promise<T>;

function createStatementRunner(
  translate: Translate,
  observe: (timing: StatementTiming) => void,
): RunStatement {
  return async (sql, work) => {
    const started = performance.now();
    let failed = true;
    try {
      const result = await translate(work);
      failed = false;
      return result;
    } finally {
      observe({ sql, ms: performance.now() - started, failed });
    }
  };
}

function createTranslator(dialect: EngineDialect): Translate {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      const violated = dialect.findViolatedConstraint(error);
      if (violated === 'unique') throw new DuplicateRowError('a row with this key exists', { cause: error });
      if (violated === 'foreign key')
        throw new MissingRowError('the row that it refers to is gone', { cause: error });
      throw new StoreUnavailableError('database', error);
    }
  };
}
