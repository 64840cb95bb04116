import { type Config, ConfigError } from '../config/load.js';
import { StoreUnavailableError } from '../storage/errors.js';
import { StorageKeyError } from '../storage/sealer.js';
import { reasonOf } from './logs/reason.js';
import { locateDatabase } from './stores.js';

/** Tells the operator what to do. Returns `undefined` for an unexpected error, which needs its stack. */
export function describeStartFailure(error: unknown, config: Config | undefined): string | undefined {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof StorageKeyError)
    return `STORAGE_KEY: ${error.message}: set the keys that the database was written with, comma-separated, or restore storage.key`;
  if (!(error instanceof StoreUnavailableError) || !config) return undefined;
  const location = locateDatabase(config);
  const reason = reasonOf(error);
  return location.engine === 'sqlite'
    ? `DATA_DIR: ${location.filename}: ${error.message} (${reason}): check that the file is intact and belongs to the server’s user`
    : `DATABASE_URL: ${error.message} (${reason}): check that it runs, accepts connections from this machine, and has the user and the database`;
}
