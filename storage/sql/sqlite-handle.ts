import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import sqlite3 from 'sqlite3';

/** Statements kept prepared; the server has fewer kinds than this. */
const MAX_PREPARED = 200;
/** Between two tries at a file that another process has locked, in ms. */
const BUSY_PAUSE_MS = 20;

const ROLES = {
  /**
   * Makes the file if need be. `synchronous = FULL`: an acknowledged commit survives a power failure.
   * `secure_delete`: deleted content is overwritten with zeros.
   */
  writer: {
    mode: sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE,
    pragmas: ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'secure_delete = ON'],
  },
  /** Reads beside a writer; even so it has a part in the file's shared memory. */
  reader: { mode: sqlite3.OPEN_READWRITE, pragmas: ['query_only = ON'] },
  /** Leaves the file as it is. */
  visitor: { mode: sqlite3.OPEN_READONLY, pragmas: [] },
};

/** One open handle of a SQLite file, with promises, whose statements are prepared once. */
export class SqliteHandle {
  readonly #database: sqlite3.Database;
  readonly #prepared = new Map<string, Promise<sqlite3.Statement>>();

  private constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  /**
   * @param busyTimeoutMs how long to wait for another process that writes
   * @throws Error SQLITE_CANTOPEN and the like
   */
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
      for (const pragma of pragmas) await handle.#executePatiently(`PRAGMA ${pragma}`, busyTimeoutMs);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Of two that turn a new file's log to WAL at once, SQLite refuses one without waiting for `busy_timeout`. */
  async #executePatiently(sql: string, busyTimeoutMs: number): Promise<void> {
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

  /** Runs a statement that is not worth keeping prepared. */
  execute(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#database.exec(sql, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Ends the transaction; some errors, a full disk for one, have ended it already. */
  async rollback(): Promise<void> {
    try {
      await this.execute('ROLLBACK');
    } catch (error) {
      if (!/no transaction is active/.test((error as Error).message)) throw error;
    }
  }

  /** @returns the rows of a statement that has some */
  async all<R>(sql: string, parameters: readonly unknown[]): Promise<R[]> {
    const statement = await this.#prepare(sql);
    return new Promise((resolve, reject) => {
      statement.all<R>(parameters, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  /** @returns how many rows were changed */
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
    // One that could not be prepared is tried again.
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

/** Makes the database file readable by its owner alone, whatever the umask; SQLite gives its log the same mode. */
async function makePrivateFile(filename: string): Promise<void> {
  try {
    const file = await open(filename, 'ax');
    await file.chmod(0o600).finally(() => file.close());
  } catch {
    // The file exists, or SQLite itself will say why it cannot be made.
  }
}
