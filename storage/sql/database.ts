import { Kysely, Migrator, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { guardDialect, type StatementTiming } from './guarded-dialect.js';
import { createMigrations, type SqlEngine } from './migrations.js';
import type { Tables } from './schema.js';
import { createSqliteDialect } from './sqlite-dialect.js';

/** Where accounts and sessions live. */
export type DatabaseLocation =
  | { engine: 'sqlite'; filename: string }
  | { engine: 'postgres'; url: string; poolSize: number };

export interface Database {
  engine: SqlEngine;
  db: Kysely<Tables>;
  /** @throws StoreUnavailableError when the database does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How long a statement or a free connection may take, in ms: callers answer within two seconds. */
const TIMEOUT_MS = 1500;

/**
 * Opens the database and brings its schema up to date.
 * @param observe told of every statement
 * @throws StoreUnavailableError when it cannot be opened, Error when a migration fails
 */
export async function openDatabase(
  location: DatabaseLocation,
  observe: (timing: StatementTiming) => void = () => {},
): Promise<Database> {
  await migrate(location);
  const db = new Kysely<Tables>({ dialect: guardDialect(createDialect(location, TIMEOUT_MS), observe) });
  return {
    engine: location.engine,
    db,
    ping: async () => void (await sql`select 1`.execute(db)),
    close: () => db.destroy(),
  };
}

/** Runs on a connection of its own: a migration may take longer than any request is allowed to. */
async function migrate(location: DatabaseLocation): Promise<void> {
  const db = new Kysely<unknown>({ dialect: guardDialect(createDialect(location), () => {}) });
  try {
    const migrator = new Migrator({ db, provider: createMigrations(location.engine) });
    const { error } = await migrator.migrateToLatest();
    if (error) throw error;
  } finally {
    await db.destroy();
  }
}

function createDialect(location: DatabaseLocation, timeoutMs?: number) {
  if (location.engine === 'sqlite') return createSqliteDialect(location.filename);
  const pool = new pg.Pool({
    connectionString: location.url,
    max: location.poolSize,
    connectionTimeoutMillis: TIMEOUT_MS,
    ...(timeoutMs && { query_timeout: timeoutMs }),
    types: {
      getTypeParser: ((oid: number, format: 'text') =>
        parseColumn(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  // An idle connection that breaks is replaced by the next query; unheard, the event would end the process.
  pool.on('error', () => {});
  return new PostgresDialect({ pool });
}

/** Every bigint column holds ms or a count, well inside a double. */
function parseColumn(oid: number, format: 'text') {
  return oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format);
}
