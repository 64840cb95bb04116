import { type Config, ConfigError } from '../config/load.js';
import { StoreUnavailableError } from '../storage/errors.js';
import { StorageKeyError } from '../storage/sealer.js';
import { reasonOf } from './logs/reason.js';
import { locateDatabase } from './stores.js';

/**
 * Why a server did not start, for the person at the terminal: one line a setting, with its name and what to do.
 * @param config as far as it was read
 * @returns `undefined` for what nobody foresaw, whose stack is wanted
 */
export function describeStartFailure(error: unknown, config: Config | undefined): string | undefined {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof StorageKeyError)
    return `STORAGE_KEY: ${error.message}: give the keys that the database was written with, comma-separated, or bring storage.key back`;
  if (!(error instanceof StoreUnavailableError) || !config) return undefined;
  const location = locateDatabase(config);
  const reason = reasonOf(error);
  return location.engine === 'sqlite'
    ? `DATA_DIR: ${location.filename}: ${error.message} (${reason}): see whether the file is whole and belongs to the server’s user`
    : `DATABASE_URL: ${error.message} (${reason}): see whether it runs, lets this machine in, and knows user and database`;
}
