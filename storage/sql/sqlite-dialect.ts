import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { EngineDialect, ViolatedConstraint } from './guarded-dialect.js';
import { SqliteHandle } from './sqlite-handle.js';

export interface SqliteOptions {
  filename: string;
  forRequests: boolean;
  /** The file must exist then. */
  readOnly?: boolean;
}

/** Limits the wait for another process's write lock to less than the two seconds of a request. */
const REQUEST_BUSY_TIMEOUT_MS = 1500;
const LONG_BUSY_TIMEOUT_MS = 60_000;

/** One handle writes and one reads: a signed request must not wait for another request's commit. */
export function createSqliteDialect(options: SqliteOptions): EngineDialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new SqliteDriver(options),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    findViolatedConstraint,
  };
}

/** SQLite has one code for all constraints; its message names the kind. */
function findViolatedConstraint(error: unknown): ViolatedConstraint | undefined {
  const { code, message = '' } = error as { code?: string; message?: string };
  if (code !== 'SQLITE_CONSTRAINT') return undefined;
  if (message.includes('UNIQUE')) return 'unique';
  return message.includes('FOREIGN') ? 'foreign key' : undefined;
}

/** Runs migrations in transactions: Kysely wrongly assumes that SQLite's DDL is not transactional. */
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
  /** Resolves when the writer is free; waiting transactions form a chain. */
  #free: Promise<void> = Promise.resolve();

  constructor(options: SqliteOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {
    const { filename, readOnly, forRequests } = this.#options;
    const busyTimeoutMs = forRequests ? REQUEST_BUSY_TIMEOUT_MS : LONG_BUSY_TIMEOUT_MS;
    // The writer creates the file.
    const writer = await SqliteHandle.open(filename, readOnly ? 'observer' : 'writer', busyTimeoutMs);
    try {
      const reader = await SqliteHandle.open(filename, readOnly ? 'observer' : 'reader', busyTimeoutMs);
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

  // IMMEDIATE takes the write lock at once; a later upgrade of a read lock could fail.
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
    // The last handle that closes checkpoints the log.
    await this.#handles?.writer.close();
  }

  /** @returns a function that releases the writer */
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

/** Locks the writer at the first write, until the connection is released. */
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

  // biome-ignore lint/correctness/useYield: Kysely requires the method, and nothing streams.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('streaming is not supported; page with LIMIT instead');
  }
}

function returnsRows(sql: string): boolean {
  return /^\s*(select|with|pragma|explain)\b|\breturning\b/i.test(sql);
}
