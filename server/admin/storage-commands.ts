import { existsSync } from 'node:fs';
import type { Config } from '../../config/load.js';
import { AuditLog } from '../../storage/audit-log.js';
import { MoveError, moveDatabase } from '../../storage/move.js';
import { reencrypt } from '../../storage/reencrypt.js';
import { type DatabaseLocation, openForLongWork } from '../../storage/sql/database.js';
import { locateDatabase } from '../stores.js';
import { recordAct } from './administrative-acts.js';
import { CommandError } from './command-error.js';
import { alignColumns, type Report } from './report.js';
import { requireStorageKeys, withStores } from './stores.js';
import type { Terminal } from './terminal.js';

/** Seals everything in the database with the first storage key, while servers run. */
export async function reencryptStorage(config: Config, terminal: Terminal): Promise<Report> {
  const storageKeys = await requireStorageKeys(config);
  const done = await reencrypt({
    database: locateDatabase(config),
    storageKeys,
    onProgress: ({ table, rows, resealed }) =>
      terminal.progress(`${table}: ${rows} rows, ${resealed} sealed anew`),
  });
  await withStores(config, (storage) => recordAct(storage, terminal, { event: 'storageReencrypted' }));
  const { rows, resealed, remaining } = done;
  const text = [
    `${rows} rows, ${resealed} sealed anew with the first of ${storageKeys.length} storage keys.`,
    remaining
      ? `${remaining} rows changed meanwhile and still have an older key: run this again.`
      : 'An hour from now, when the last token in Redis is of it too, the older keys are of no more use.',
  ].join('\n');
  return { text, json: done, broken: remaining > 0 };
}

/** Databases as the command line names them: `sqlite:PATH` or `postgres://…`. */
export interface MoveOptions {
  /** The database of the settings when not given. */
  from?: string;
  to: string;
}

/** Copies everything into another, empty database and compares; servers must be stopped. */
export async function moveStorage(config: Config, options: MoveOptions, terminal: Terminal): Promise<Report> {
  const from = options.from ? parseLocation(options.from) : locateDatabase(config);
  const to = parseLocation(options.to);
  if (from.engine === 'sqlite' && !existsSync(from.filename)) {
    throw new CommandError(`there is no database ${from.filename}`);
  }
  await terminal.confirm('Copy the whole database? Every server over it must be stopped.');
  try {
    const moved = await moveDatabase({
      from,
      to,
      onProgress: ({ table, step, rows, of }) => terminal.progress(`${step} ${table}: ${rows} of ${of}`),
    });
    await recordMove(to, terminal);
    const rows = moved.map(({ table, rows, checksum }) => [table, String(rows), checksum]);
    const text = `${alignColumns(['table', 'rows', 'checksum on both sides'], rows)}
Give the servers the new database with the same storage keys.`;
    return { text, json: { moved } };
  } catch (error) {
    if (error instanceof MoveError) throw new CommandError(error.message);
    throw error;
  }
}

/** In the target: the source is only read. */
async function recordMove(to: DatabaseLocation, terminal: Terminal): Promise<void> {
  const db = await openForLongWork(to);
  try {
    await recordAct({ audit: new AuditLog(db) }, terminal, { event: 'storageMoved' });
  } finally {
    await db.destroy();
  }
}

function parseLocation(database: string): DatabaseLocation {
  if (/^postgres(ql)?:\/\//.test(database)) return { engine: 'postgres', url: database, poolSize: 2 };
  if (database.startsWith('sqlite:')) return { engine: 'sqlite', filename: database.slice('sqlite:'.length) };
  throw new CommandError('a database is named sqlite:PATH or postgres://…');
}
