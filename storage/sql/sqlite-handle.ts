import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import sqlite3 from 'sqlite3';

const MAX_PREPARED = 200;
const BUSY_PAUSE_MS = 20;

const ROLES = {
  /** FULL: acknowledged commits survive a power failure. secure_delete: zeros overwrite deleted content. */
  writer: {
    mode: sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE,
    pragmas: ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'secure_delete = ON'],
  },
  /** Reads while a writer is open. WAL readers need write access to the shared-memory file. */
  reader: { mode: sqlite3.OPEN_READWRITE, pragmas: ['query_only = ON'] },
  observer: { mode: sqlite3.OPEN_READONLY, pragmas: [] },
};

export class SqliteHandle {
  readonly #database: sqlite3.Database;
  readonly #prepared = new Map<string, Promise<sqlite3.Statement>>();

  private constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  /** @throws Error of the driver, for example SQLITE_CANTOPEN */
  static async open(
    filename: string,
    role: keyof typeof ROLES,
    busyTimeoutMs: number,
  ): Promise<SqliteHandle> {
    const { mode, pragmas } = ROLES[role];
    if (role === 'writer') await makePrivateFile(filename);
    const database = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened: sqlite3.Database = new sqlite3.Database(filename, mode, (error) =>
        error ? reject(error) : resolve(opened),
      );
    });
    const handle = new SqliteHandle(database);
    try {
      await handle.execute(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
      for (const pragma of pragmas) await handle.#executeWhenFree(`PRAGMA ${pragma}`, busyTimeoutMs);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Retries: SQLite ignores `busy_timeout` when two processes set WAL on a new file at once. */
  async #executeWhenFree(sql: string, busyTimeoutMs: number): Promise<void> {
    const deadline = performance.now() + busyTimeoutMs;
    for (;;) {
      try {
        await this.execute(sql);
        return;
      } catch (error) {
        if ((error as { code?: string }).code !== 'SQLITE_BUSY' || performance.now() > deadline) throw error;
        await sleep(BUSY_PAUSE_MS);
      }
    }
  }

  execute(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#database.exec(sql, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Some errors, such as a full disk, have already rolled back. */
  async rollback(): Promise<void> {
    try {
      await this.execute('ROLLBACK');
    } catch (error) {
      if (!/no transaction is active/.test((error as Error).message)) throw error;
    }
  }

  async all<R>(sql: string, parameters: readonly unknown[]): Promise<R[]> {
    const statement = await this.#prepare(sql);
    return new Promise((resolve, reject) => {
      statement.all<R>(parameters, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  /** @returns the number of changed rows */
  async run(sql: string, parameters: readonly unknown[]): Promise<number> {
    const statement = await this.#prepare(sql);
    return new Promise((resolve, reject) => {
      statement.run(parameters, function (error) {
        error ? reject(error) : resolve(this.changes);
      });
    });
  }

  async close(): Promise<void> {
    for (const statement of await Promise.all(this.#prepared.values())) statement.finalize();
    await new Promise<void>((resolve, reject) => {
      this.#database.close((error) => (error ? reject(error) : resolve()));
    });
  }

  #prepare(sql: string): Promise<sqlite3.Statement> {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const statement = new Promise<sqlite3.Statement>((resolve, reject) => {
      const prepared: sqlite3.Statement = this.#database.prepare(sql, (error) =>
        error ? reject(error) : resolve(prepared),
      );
    });
    statement.catch(() => this.#prepared.delete(sql));
    this.#prepared.set(sql, statement);
    if (this.#prepared.size > MAX_PREPARED) {
      const [oldest] = this.#prepared.keys();
      const dropped = this.#prepared.get(oldest as string);
      this.#prepared.delete(oldest as string);
      dropped?.then((old) => old.finalize());
    }
    return statement;
  }
}

/** Creates the database file with mode 600, independent of the umask. SQLite gives its log the same mode. */
async function makePrivateFile(filename: string): Promise<void> {
  try {
    const file = await open(filename, 'ax');
    await file.chmod(0o600).finally(() => file.close());
  } catch {
    // The file exists. If it cannot be created, SQLite reports the reason.
  }
}
