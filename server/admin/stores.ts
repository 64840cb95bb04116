import { existsSync } from 'node:fs';
import { type Config, ConfigError } from '../../config/load.js';
import type { Storage } from '../../storage/storage.js';
import { findStorageKeys } from '../storage-key.js';
import { locateDatabase, openStores } from '../stores.js';
import { CommandError } from './command-error.js';

/**
 * What the storage is opened with. Commands make neither a database nor a key: with a DATA_DIR that is not the
 * server's, they would work on nothing.
 * @throws CommandError when there is no database yet, ConfigError when there is no key for it
 */
export async function requireStorageKeys(config: Config): Promise<Buffer[]> {
  const database = locateDatabase(config);
  if (database.engine === 'sqlite' && !existsSync(database.filename)) {
    throw new CommandError(
      `there is no database ${database.filename}: give DATA_DIR or DATABASE_URL as the server has them, or start it once`,
    );
  }
  const keys = await findStorageKeys(config);
  if (!keys) throw new ConfigError(`${config.dataDir} has a database and no storage.key: bring it back`);
  return keys;
}

/**
 * Opens the stores of the settings, does some work and closes them.
 * @throws what `requireStorageKeys` and the work throw; StoreUnavailableError
 */
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
