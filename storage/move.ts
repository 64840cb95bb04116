import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { type DatabaseLocation, listMigrations, openForLongWork, openToRead } from './sql/database.js';
import { createMigrations } from './sql/migrations.js';
import type { Tables } from './sql/schema.js';
import { SEALED_COLUMNS } from './sql/sealed-columns.js';

export interface MoveProgress {
  table: MovedTable;
  step: 'copying' | 'checking';
  rows: number;
  of: number;
}

export interface MoveOptions {
  from: DatabaseLocation;
  to: DatabaseLocation;
  onProgress?: (progress: MoveProgress) => void;
}

export interface Moved {
  table: MovedTable;
  rows: number;
  checksum: string;
}

/** Thrown when a move cannot start or fails. The message says why and what to do. */
export class MoveError extends Error {
  readonly code = 'MOVE';
}

type MovedTable = keyof typeof MOVED;
type Row = Record<string, unknown>;
/** The tables of the target. `moves` holds the progress of each table until the move ends. */
interface MoveTables extends Tables {
  moves: { table_name: string; last_key: string };
}

/** Tables and their key columns. A table follows the tables that its rows refer to. */
const MOVED = {
  accounts: SEALED_COLUMNS.accounts.key,
  sessions: SEALED_COLUMNS.sessions.key,
  mails: SEALED_COLUMNS.mails.key,
  signing_keys: SEALED_COLUMNS.signing_keys.key,
  secrets: SEALED_COLUMNS.secrets.key,
  audit: 'id',
} as const;
const TABLES = Object.keys(MOVED) as MovedTable[];

const BATCH = 500;

/**
 * Copies a database to another, of either engine, and compares both. Stop the servers first: a row that is
 * written meanwhile makes the comparison fail. The source is only read. A repeated move continues.
 * Sealed values stay as they are, so the new servers need the same storage keys.
 * @throws MoveError; StoreUnavailableError
 */
export async function moveDatabase({ from, to, onProgress = () => {} }: MoveOptions): Promise<Moved[]> {
  const source = await openToRead(from);
  try {
    await requireSameSchema(source, from);
    // `begin` creates the table that MoveTables adds.
    const target = (await openForLongWork(to)) as unknown as Kysely<MoveTables>;
    try {
      await begin(target);
      for (const table of TABLES) await copyTable(source, target, table, onProgress);
      const moved: Moved[] = [];
      for (const table of TABLES) moved.push(await checkTable(source, target, table, onProgress));
      await target.schema.dropTable('moves').execute();
      return moved;
    } finally {
      await target.destroy();
    }
  } finally {
    await source.destroy();
  }
}

async function requireSameSchema(source: Kysely<Tables>, { engine }: DatabaseLocation): Promise<void> {
  const known = Object.keys(await createMigrations(engine).getMigrations());
  const found = await listMigrations(source);
  if (found.join() === known.join()) return;
  throw new MoveError(
    'the source has the schema of another release: start and stop this release’s server on it once',
  );
}

/** An interrupted move has created the table already. */
async function begin(target: Kysely<MoveTables>): Promise<void> {
  const tables = await target.introspection.getTables();
  if (tables.some(({ name }) => name === 'moves')) return;
  for (const table of TABLES) {
    if ((await countRows(target, table)) > 0) {
      throw new MoveError(`the target already has rows in ${table}: move into an empty database`);
    }
  }
  await target.schema
    .createTable('moves')
    .addColumn('table_name', 'text', (c) => c.primaryKey())
    .addColumn('last_key', 'text', (c) => c.notNull())
    .execute();
}

async function copyTable(
  source: Kysely<Tables>,
  target: Kysely<MoveTables>,
  table: MovedTable,
  onProgress: (progress: MoveProgress) => void,
): Promise<void> {
  const of = await countRows(source, table);
  let rows = await countRows(target, table);
  const reached = await target
    .selectFrom('moves')
    .select('last_key')
    .where('table_name', '=', table)
    .executeTakeFirst();
  for await (const batch of readBatches(source, table, reached?.last_key)) {
    const last_key = batch.at(-1)?.[MOVED[table]] as string;
    await target.transaction().execute(async (transaction) => {
      // TypeScript does not relate the rows to `table`.
      await transaction
        .insertInto(table)
        .values(batch as never)
        .execute();
      await transaction
        .insertInto('moves')
        .values({ table_name: table, last_key })
        .onConflict((conflict) => conflict.column('table_name').doUpdateSet({ last_key }))
        .execute();
    });
    rows += batch.length;
    onProgress({ table, step: 'copying', rows, of });
  }
}

async function checkTable(
  source: Kysely<Tables>,
  target: Kysely<MoveTables>,
  table: MovedTable,
  onProgress: (progress: MoveProgress) => void,
): Promise<Moved> {
  const of = await countRows(source, table);
  const [there, here] = [
    await sumRows(source, table, () => {}),
    // Kysely is invariant in its tables: MoveTables has one more.
    await sumRows(target as unknown as Kysely<Tables>, table, (rows) =>
      onProgress({ table, step: 'checking', rows, of }),
    ),
  ];
  if (there.rows !== here.rows || there.checksum !== here.checksum) {
    throw new MoveError(
      `${table} differs: ${there.rows} rows in the source, ${here.rows} in the target. Was a server running? Empty the target and move again`,
    );
  }
  return { table, ...here };
}

/** Adds up the SHA-256 of all rows: engines sort rows differently. */
async function sumRows(db: Kysely<Tables>, table: MovedTable, onRows: (rows: number) => void) {
  let rows = 0;
  let sum = 0n;
  for await (const batch of readBatches(db, table)) {
    for (const row of batch) sum = BigInt.asUintN(256, sum + BigInt(`0x${hashRow(row)}`));
    rows += batch.length;
    onRows(rows);
  }
  return { rows, checksum: sum.toString(16).padStart(64, '0') };
}

function hashRow(row: Row): string {
  const hash = createHash('sha256');
  for (const column of Object.keys(row).sort()) {
    const value = row[column];
    const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value));
    hash.update(`${column}:${value === null ? 'null' : bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}

async function* readBatches(db: Kysely<Tables>, table: MovedTable, after = ''): AsyncGenerator<Row[]> {
  const key = sql.ref(MOVED[table]);
  for (let last = after; ; ) {
    const { rows } = await sql<Row>`select * from ${sql.table(table)} where ${key} > ${last}
      order by ${key} limit ${sql.lit(BATCH)}`.execute(db);
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1)?.[MOVED[table]] as string;
  }
}

async function countRows(db: Kysely<never> | Kysely<Tables> | Kysely<MoveTables>, table: MovedTable) {
  const counted = sql<{ rows: number }>`select count(*) as rows from ${sql.table(table)}`;
  const { rows } = await counted.execute(db as Kysely<Tables>);
  return Number(rows[0]?.rows);
}
