import { type Kysely, sql } from 'kysely';
import { Sealer } from './sealer.js';
import { type DatabaseLocation, openForLongWork, rewriteFile } from './sql/database.js';
import type { Tables } from './sql/schema.js';
import { aadFor, SEALED_COLUMNS } from './sql/sealed-columns.js';

export interface ReencryptProgress {
  table: string;
  rows: number;
  resealed: number;
}

export interface ReencryptOptions {
  database: DatabaseLocation;
  /** 32 bytes each. The first one seals; all open. */
  storageKeys: Uint8Array[];
  onProgress?: (progress: ReencryptProgress) => void;
}

export interface Reencrypted {
  rows: number;
  resealed: number;
  /** Rows that servers changed meanwhile and that still have an older key. */
  remaining: number;
}

type SealedTable = keyof typeof SEALED_COLUMNS;
type Row = { key: string } & Record<string, Uint8Array>;

/** A small number of rows in one transaction keeps locks short. */
const BATCH = 100;
/** Each pass leaves only the rows that servers changed during it. */
const MAX_PASSES = 3;

/**
 * Seals everything in the database with the first storage key, in the current format, then rewrites a SQLite
 * file. Servers that have all keys can run meanwhile. It can be stopped and repeated. Tokens in Redis are not
 * changed: keep the older keys for an hour, until the last token of an older key has expired.
 * @throws StoreUnavailableError; Error when a row is sealed with a key that is not given
 */
export async function reencrypt({
  database,
  storageKeys,
  onProgress = () => {},
}: ReencryptOptions): Promise<Reencrypted> {
  const sealer = new Sealer(storageKeys);
  const db = await openForLongWork(database);
  try {
    const total = { rows: 0, resealed: 0, remaining: 0 };
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      Object.assign(total, { rows: 0, remaining: 0 });
      for (const table of Object.keys(SEALED_COLUMNS) as SealedTable[]) {
        const done = await reencryptTable(db, sealer, table, onProgress);
        total.rows += done.rows;
        total.resealed += done.resealed;
        total.remaining += done.changed;
      }
      if (total.remaining === 0) break;
    }
    await rewriteFile(db, database);
    return total;
  } finally {
    await db.destroy();
  }
}

async function reencryptTable(
  db: Kysely<Tables>,
  sealer: Sealer,
  table: SealedTable,
  onProgress: (progress: ReencryptProgress) => void,
) {
  const { key, columns } = SEALED_COLUMNS[table];
  const selected = sql.join([sql`${sql.ref(key)} as key`, ...columns.map((column) => sql.ref(column))]);
  const done = { rows: 0, resealed: 0, changed: 0 };
  for (let last = ''; ; ) {
    const { rows } = await sql<Row>`select ${selected} from ${sql.table(table)}
      where ${sql.ref(key)} > ${last} order by ${sql.ref(key)} limit ${sql.lit(BATCH)}`.execute(db);
    if (rows.length === 0) return done;
    const old = rows.filter((row) => columns.some((column) => !sealer.isCurrent(row[column] as Uint8Array)));
    const resealed = old.length === 0 ? 0 : await resealRows(db, sealer, table, old);
    done.rows += rows.length;
    done.resealed += resealed;
    done.changed += old.length - resealed;
    onProgress({ table, rows: done.rows, resealed: done.resealed });
    last = rows.at(-1)?.key ?? last;
  }
}

/** @returns number of rows written; the others changed since they were read */
async function resealRows(
  db: Kysely<Tables>,
  sealer: Sealer,
  table: SealedTable,
  rows: Row[],
): Promise<number> {
  const { key, columns } = SEALED_COLUMNS[table];
  return db.transaction().execute(async (transaction) => {
    let written = 0;
    for (const row of rows) {
      const changes = columns.map((column) => {
        // TypeScript does not relate `column` to `table`.
        const aad = aadFor(table, column as never, row.key);
        return sql`${sql.ref(column)} = ${sealer.seal(aad, sealer.open(aad, row[column] as Uint8Array))}`;
      });
      const unchanged = columns.map((column) => sql`${sql.ref(column)} = ${row[column]}`);
      const { numAffectedRows } = await sql`update ${sql.table(table)} set ${sql.join(changes)}
        where ${sql.ref(key)} = ${row.key} and ${sql.join(unchanged, sql` and `)}`.execute(transaction);
      written += Number(numAffectedRows);
    }
    return written;
  });
}
