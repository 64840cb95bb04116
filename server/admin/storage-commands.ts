import { existsSync } from 'node:fs';
import type { Config } from '../../config/load.js';
import { AuditLog } from '../../storage/audit-log.js';
import { MoveError, moveDatabase } from '../../storage/move.js';
import { reencrypt } from '../../storage/reencrypt.js';
import { type DatabaseLocation, openForLongWork } from '../../storage/sql/database.js';
import { reasonOf } from '../logs/reason.js';
import { markAsMoved, unmark } from '../move-mark.js';
import { locateDatabase } from '../stores.js';
import { recordAct } from './administrative-acts.js';
import { CommandError } from './command-error.js';
import { alignColumns, type Report } from './report.js';
import { requireStorageKeys, withStores } from './stores.js';
import type { Terminal } from './terminal.js';

export async function reencryptStorage(config: Config, terminal: Terminal): Promise<Report> {
  const storageKeys = await requireStorageKeys(config);
  const done = await reencrypt({
    database: locateDatabase(config),
    storageKeys,
    onProgress: ({ table, rows, resealed }) =>
      terminal.progress(`${table}: ${rows} rows, ${resealed} re-encrypted`),
  });
  await withStores(config, (storage) => recordAct(storage, terminal, { event: 'storageReencrypted' }));
  const { rows, resealed, remaining } = done;
  const text = [
    `${rows} rows, ${resealed} re-encrypted with the first of ${storageKeys.length} storage keys.`,
    remaining
      ? `${remaining} rows changed meanwhile and still use an older key: run this command again.`
      : 'The older keys are needed for one more hour, for tokens in Redis.',
  ].join('\n');
  return { text, json: done, broken: remaining > 0 };
}

/** Databases on the command line: `sqlite:PATH` or `postgres://…`. */
export interface MoveOptions {
  /** Default: the database of the settings. */
  from?: string;
  to: string;
}

export async function moveStorage(config: Config, options: MoveOptions, terminal: Terminal): Promise<Report> {
  const from = options.from ? parseLocation(options.from) : locateDatabase(config);
  const to = parseLocation(options.to);
  if (from.engine === 'sqlite' && !existsSync(from.filename)) {
    throw new CommandError(`there is no database ${from.filename}`);
  }
  await terminal.confirm('Copy the whole database? All servers that use it must be stopped.');
  try {
    const moved = await moveDatabase({
      from,
      to,
      onProgress: ({ table, step, rows, of }) => terminal.progress(`${step} ${table}: ${rows} of ${of}`),
    });
    await recordMove(to, terminal);
    await unmark(to);
    const warning = await markAsMoved(from).then(
      () => '',
      (error) => `\n${reasonOf(error)}: the source cannot be marked as moved. Do not start a server on it.`,
    );
    const rows = moved.map(({ table, rows, checksum }) => [table, String(rows), checksum]);
    const text = `${alignColumns(['table', 'rows', 'checksum on both sides'], rows)}
Configure the servers with the new database and the same storage keys.${warning}`;
    return { text, json: { moved } };
  } catch (error) {
    if (error instanceof MoveError) throw new CommandError(error.message);
    throw error;
  }
}

/** Records the move in the target, because the source must not change. */
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
  throw new CommandError('a database must be sqlite:PATH or postgres://…');
}
