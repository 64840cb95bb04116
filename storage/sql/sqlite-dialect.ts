import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import sqlite3 from 'sqlite3';

/** Statements kept prepared; the server has fewer kinds than this. */
const MAX_PREPARED = 200;

/**
 * Kysely over the `sqlite3` package: one connection, statements prepared once, and whoever holds a
 * transaction holds the connection.
 * @param filename path of the database file
 */
export function createSqliteDialect(filename: string): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new SqliteDriver(filename),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class SqliteDriver implements Driver {
  readonly #filename: string;
  #connection: SqliteConnection | undefined;
  /** Settles when the connection is free again: a chain of all who wait, in order. */
  #free: Promise<void> = Promise.resolve();
  #release: () => void = () => {};

  constructor(filename: string) {
    this.#filename = filename;
  }

  async init(): Promise<void> {
    const database = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened: sqlite3.Database = new sqlite3.Database(this.#filename, (error) =>
        error ? reject(error) : resolve(opened),
      );
    });
    this.#connection = new SqliteConnection(database);
    // synchronous = FULL: an acknowledged commit outlives the machine's power, not just the process.
    for (const pragma of [
      'busy_timeout = 1500',
      'journal_mode = WAL',
      'synchronous = FULL',
      'foreign_keys = ON',
    ]) {
      await this.#connection.query(`PRAGMA ${pragma}`);
    }
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const previous = this.#free;
    let release = () => {};
    this.#free = new Promise((resolve) => {
      release = resolve;
    });
    await previous;
    this.#release = release;
    if (!this.#connection) throw new Error('the database is not open');
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  // IMMEDIATE takes the write lock at once, so that a transaction never fails half-way for it.
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).query('BEGIN IMMEDIATE');
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).query('COMMIT');
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).query('ROLLBACK');
  }

  async destroy(): Promise<void> {
    await this.#connection?.close();
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: sqlite3.Database;
  readonly #prepared = new Map<string, sqlite3.Statement>();

  constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const statement = await this.#prepare(sql);
    return returnsRows(sql)
      ? { rows: await all<R>(statement, parameters) }
      : { rows: [], numAffectedRows: BigInt(await run(statement, parameters)) };
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method; nothing here streams.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('streaming is not supported; page with LIMIT instead');
  }

  /** Runs a statement that is not worth keeping prepared. */
  query(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#database.exec(sql, (error) => (error ? reject(error) : resolve()));
    });
  }

  async close(): Promise<void> {
    for (const statement of this.#prepared.values()) statement.finalize();
    await new Promise<void>((resolve, reject) => {
      this.#database.close((error) => (error ? reject(error) : resolve()));
    });
  }

  async #prepare(sql: string): Promise<sqlite3.Statement> {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = await new Promise<sqlite3.Statement>((resolve, reject) => {
      const prepared: sqlite3.Statement = this.#database.prepare(sql, (error) =>
        error ? reject(error) : resolve(prepared),
      );
    });
    if (this.#prepared.size >= MAX_PREPARED) {
      const [[oldest, old]] = this.#prepared.entries() as unknown as [[string, sqlite3.Statement]];
      this.#prepared.delete(oldest);
      old.finalize();
    }
    this.#prepared.set(sql, statement);
    return statement;
  }
}

function returnsRows(sql: string): boolean {
  return /^\s*(select|with|pragma|explain)\b|\breturning\b/i.test(sql);
}

function all<R>(statement: sqlite3.Statement, parameters: readonly unknown[]): Promise<R[]> {
  return new Promise((resolve, reject) => {
    statement.all<R>(parameters, (error, rows) => (error ? reject(error) : resolve(rows)));
  });
}

function run(statement: sqlite3.Statement, parameters: readonly unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    statement.run(parameters, function (error) {
      error ? reject(error) : resolve(this.changes);
    });
  });
}
