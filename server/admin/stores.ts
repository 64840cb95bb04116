import { existsSync } from 'node:fs';
import { type Config, ConfigError } from '../../config/load.js';
import type { Storage } from '../../storage/storage.js';
import { requireNotMoved } from '../move-mark.js';
import { findStorageKeys } from '../storage-key.js';
import { locateDatabase, openStores } from '../stores.js';
import { CommandError } from './command-error.js';

/**
 * Commands create neither a database nor a key, so that a wrong DATA_DIR is noticed.
 * @throws CommandError when there is no database, ConfigError when it was moved or there is no key
 */
export async function requireStorageKeys(config: Config): Promise<Buffer[]> {
  const database = locateDatabase(config);
  if (database.engine === 'sqlite' && !existsSync(database.filename)) {
    throw new CommandError(
      `there is no database ${database.filename}: set DATA_DIR or DATABASE_URL as for the server, or start the server once`,
    );
  }
  requireNotMoved(database);
  const keys = await findStorageKeys(config);
  if (!keys) throw new ConfigError(`${config.dataDir} has a database but no storage.key: restore the file`);
  return keys;
}

/** @throws what `requireStorageKeys` and the work throw; StoreUnavailableError */
export async function withStores<Result>(
  config: Config,
  work: (storage: Storage) => Promise<Result>,
): Promise<Result> {
  const storage = await openStores(config, { storageKeys: await requireStorageKeys(config), now: Date.now });
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}
