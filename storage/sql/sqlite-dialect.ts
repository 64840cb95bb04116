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
import { SqliteHandle } from './sqlite-handle.js';

export interface SqliteOptions {
  /** Path of the database file. */
  filename: string;
  /** Whether statements are bound in time, as requests want it and migrations do not. */
  forRequests: boolean;
  /** Whether the file must exist, and is not written to. */
  readOnly?: boolean;
}

/** How long another process that writes is waited for, in ms: a request answers within two seconds. */
const REQUEST_BUSY_TIMEOUT_MS = 1500;
const LONG_BUSY_TIMEOUT_MS = 60_000;

/**
 * Kysely over the `sqlite3` package: one handle that writes, for one after the other, and one that reads,
 * so that no signed request waits for somebody else's commit to reach the disk.
 */
export function createSqliteDialect(options: SqliteOptions): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new SqliteDriver(options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite's DDL is transactional, whatever Kysely thinks: a migration happens once, and whole. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

interface Handles {
  reader: SqliteHandle;
  writer: SqliteHandle;
}

class SqliteDriver implements Driver {
  readonly #options: SqliteOptions;
  #handles: Handles | undefined;
  /** Settles when the writer is free again: a chain of all who wait, in order. */
  #free: Promise<void> = Promise.resolve();

  constructor(options: SqliteOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {
    const { filename, readOnly, forRequests } = this.#options;
    const busyTimeoutMs = forRequests ? REQUEST_BUSY_TIMEOUT_MS : LONG_BUSY_TIMEOUT_MS;
    // The writer first: it makes the file.
    const writer = await SqliteHandle.open(filename, readOnly ? 'visitor' : 'writer', busyTimeoutMs);
    try {
      const reader = await SqliteHandle.open(filename, readOnly ? 'visitor' : 'reader', busyTimeoutMs);
      this.#handles = { writer, reader };
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (!this.#handles) throw new Error('the database is not open');
    return new SqliteConnection(this.#handles, () => this.#lockWriter());
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as SqliteConnection).unlock();
  }

  // IMMEDIATE takes the write lock at once, so that a transaction never fails half-way for it.
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const locked = connection as SqliteConnection;
    await locked.lock();
    await locked.handles.writer.execute('BEGIN IMMEDIATE');
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).handles.writer.execute('COMMIT');
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as SqliteConnection).handles.writer.rollback();
  }

  async destroy(): Promise<void> {
    await this.#handles?.reader.close();
    // The last one to close writes the log back into the file.
    await this.#handles?.writer.close();
  }

  /** @returns gives the writer to whoever is next */
  async #lockWriter(): Promise<() => void> {
    const previous = this.#free;
    let unlock = () => {};
    this.#free = new Promise((resolve) => {
      unlock = resolve;
    });
    await previous;
    return unlock;
  }
}

/** Takes hold of the writer when it is needed, until it is released. */
class SqliteConnection implements DatabaseConnection {
  #unlock: (() => void) | undefined;

  constructor(
    readonly handles: Handles,
    readonly lockWriter: () => Promise<() => void>,
  ) {}

  async lock(): Promise<void> {
    this.#unlock ??= await this.lockWriter();
  }

  unlock(): void {
    this.#unlock?.();
    this.#unlock = undefined;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { reader, writer } = this.handles;
    if (!this.#unlock && /^\s*select\b/i.test(sql)) return { rows: await reader.all<R>(sql, parameters) };
    await this.lock();
    return returnsRows(sql)
      ? { rows: await writer.all<R>(sql, parameters) }
      : { rows: [], numAffectedRows: BigInt(await writer.run(sql, parameters)) };
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method; nothing here streams.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('streaming is not supported; page with LIMIT instead');
  }
}

function returnsRows(sql: string): boolean {
  return /^\s*(select|with|pragma|explain)\b|\breturning\b/i.test(sql);
}
