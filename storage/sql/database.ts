import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DEFAULT_MIGRATION_TABLE, Kysely, Migrator, sql } from 'kysely';
import { StoreUnavailableError } from '../errors.js';
import { type EngineDialect, guardDialect, type StatementTiming } from './guarded-dialect.js';
import { createMigrations, type SqlEngine } from './migrations.js';
import type { Tables } from './schema.js';
import { createSqliteDialect } from './sqlite-dialect.js';

/** Minimum free disk space: more than one commit adds to SQLite's files. */
const LEAST_SPACE_BYTES = 128 * 1024;

export type DatabaseLocation =
  | { engine: 'sqlite'; filename: string }
  | { engine: 'postgres'; url: string; poolSize: number };

export interface Database {
  engine: SqlEngine;
  db: Kysely<Tables>;
  /** @throws StoreUnavailableError when the database does not answer, or its disk is full */
  ping(): Promise<void>;
  /** Removes deleted content from SQLite's log. No effect on PostgreSQL. @throws StoreUnavailableError */
  purgeDeleted(): Promise<void>;
  close(): Promise<void>;
}

/** Opens and migrates. @throws StoreUnavailableError when it cannot be opened, Error if a migration fails */
export async function openDatabase(
  location: DatabaseLocation,
  observe: (timing: StatementTiming) => void = () => {},
): Promise<Database> {
  await migrate(location);
  const db = new Kysely<Tables>({
    dialect: guardDialect(await createDialect(location, { forRequests: true }), observe),
  });
  return {
    engine: location.engine,
    db,
    async ping() {
      await sql`select 1`.execute(db);
      if (location.engine === 'sqlite') await requireSpace(location.filename);
    },
    async purgeDeleted() {
      if (location.engine === 'sqlite') await truncateLog(db);
    },
    close: () => db.destroy(),
  };
}

/** Checks for free disk space, because queries succeed on a full disk. @throws StoreUnavailableError */
async function requireSpace(filename: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(filename)).catch((error) => {
    throw new StoreUnavailableError('database', error);
  });
  if (bavail * bsize < LEAST_SPACE_BYTES) throw new StoreUnavailableError('database', new Error('disk full'));
}

/** Opens and migrates a database without the time limits of requests. @throws see {@link openDatabase} */
export async function openForLongWork(location: DatabaseLocation): Promise<Kysely<Tables>> {
  await migrate(location);
  return new Kysely({
    dialect: guardDialect(await createDialect(location, { forRequests: false }), () => {}),
  });
}

/** Rewrites a SQLite file without deleted values; PostgreSQL has autovacuum. @param db see openForLongWork */
export async function rewriteFile(db: Kysely<Tables>, { engine }: DatabaseLocation): Promise<void> {
  if (engine !== 'sqlite') return;
  await sql`VACUUM`.execute(db);
  await truncateLog(db);
}

async function truncateLog(db: Kysely<Tables>): Promise<void> {
  await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(db);
}

/** Opens a database read-only, without migrating. @throws StoreUnavailableError when it cannot be opened */
export async function openToRead(location: DatabaseLocation): Promise<Kysely<Tables>> {
  const dialect = await createDialect(location, { forRequests: false, readOnly: true });
  return new Kysely({ dialect: guardDialect(dialect, () => {}) });
}

/** Returns the names of the migrations that have run, in order. */
export async function listMigrations(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}
    order by name`.execute(db);
  return rows.map(({ name }) => name);
}

async function migrate(location: DatabaseLocation): Promise<void> {
  const db = new Kysely<unknown>({
    dialect: guardDialect(await createDialect(location, { forRequests: false }), () => {}),
  });
  try {
    const migrator = new Migrator({
      db,
      provider: createMigrations(location.engine),
      // The default loads the collation tables of ICU, 10 ms of CPU.
      nameComparator: (one, other) => (one < other ? -1 : Number(one > other)),
    });
    const { error } = await migrator.migrateToLatest();
    if (error) throw error;
  } finally {
    await db.destroy();
  }
}

/** `forRequests`: statements have the time limits of requests. */
export async function createDialect(
  location: DatabaseLocation,
  options: { forRequests: boolean; readOnly?: boolean },
): Promise<EngineDialect> {
  if (location.engine === 'sqlite') return createSqliteDialect({ ...options, filename: location.filename });
  // Loaded on demand: the `pg` package takes 0.1 s of CPU.
  const { createPostgresDialect } = await import('./postgres-dialect.js');
  return createPostgresDialect({ ...options, url: location.url, poolSize: location.poolSize });
}
