import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { ConfigError } from '../config/load.js';
import type { DatabaseLocation } from '../storage/sql/database.js';

/** Returns the file beside a SQLite database that marks it as moved. */
function markOf(filename: string): string {
  return `${filename}.moved`;
}

export function findMoveMark(location: DatabaseLocation): string | undefined {
  if (location.engine !== 'sqlite') return undefined;
  const mark = markOf(location.filename);
  return existsSync(mark) ? mark : undefined;
}

/** Without DATABASE_URL, a server would serve the old accounts. @throws ConfigError for a moved database */
export function requireNotMoved(location: DatabaseLocation): void {
  const mark = findMoveMark(location);
  if (mark) throw new ConfigError(`DATA_DIR: its database was moved: ${adviseMoved(mark)}`);
}

export function adviseMoved(mark: string): string {
  return `set DATABASE_URL or DATA_DIR to the new one, or delete ${mark} to use the old data`;
}

/** @throws Error when the directory is not writable, as with a read-only backup */
export async function markAsMoved(location: DatabaseLocation): Promise<void> {
  if (location.engine !== 'sqlite') return;
  await writeFile(markOf(location.filename), 'Moved by `storage move`.\n', { mode: 0o600 });
}

/** Removes the mark of a database that now has the data. */
export async function unmark(location: DatabaseLocation): Promise<void> {
  if (location.engine === 'sqlite') await rm(markOf(location.filename), { force: true });
}
