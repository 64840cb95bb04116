import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { ConfigError } from '../config/load.js';
import type { DatabaseLocation } from '../storage/sql/database.js';

/** Returns the file beside a SQLite database that marks it as moved. */
function markOf(filename: string): string {
  return `${filename}.moved`;
}

/** Returns the mark of a moved SQLite database, or `undefined`. */
export function findMoveMark(location: DatabaseLocation): string | undefined {
  if (location.engine !== 'sqlite') return undefined;
  const mark = markOf(location.filename);
  return existsSync(mark) ? mark : undefined;
}

/**
 * Refuses a SQLite database that was moved: a server without DATABASE_URL would serve its old accounts.
 * @throws ConfigError
 */
export function requireNotMoved(location: DatabaseLocation): void {
  const mark = findMoveMark(location);
  if (mark) throw new ConfigError(`DATA_DIR: its database was moved: ${adviseMoved(mark)}`);
}

/** Returns what to do about a mark. */
export function adviseMoved(mark: string): string {
  return `set DATABASE_URL or DATA_DIR to the new one, or delete ${mark} to use the old data`;
}

/** Marks a moved SQLite database. @throws Error when its directory is not writable, as with a read-only backup */
export async function markAsMoved(location: DatabaseLocation): Promise<void> {
  if (location.engine !== 'sqlite') return;
  await writeFile(markOf(location.filename), 'Moved by `storage move`.\n', { mode: 0o600 });
}

/** Removes the mark of a database that now has the data. */
export async function unmark(location: DatabaseLocation): Promise<void> {
  if (location.engine === 'sqlite') await rm(markOf(location.filename), { force: true });
}
