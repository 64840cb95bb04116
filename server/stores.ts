import { join } from 'node:path';
import type { Config } from '../config/load.js';
import type { DatabaseLocation } from '../storage/sql/database.js';
import { openStorage, type Storage, type StorageOptions } from '../storage/storage.js';

const DAY_MS = 24 * 60 * 60 * 1000;

export function locateDatabase({ databaseUrl, databasePoolSize, dataDir }: Config): DatabaseLocation {
  return databaseUrl
    ? { engine: 'postgres', url: databaseUrl, poolSize: databasePoolSize }
    : { engine: 'sqlite', filename: join(dataDir, 'key-server.sqlite') };
}

/** @throws StoreUnavailableError when the database does not answer */
export function openStores(
  config: Config,
  options: Omit<StorageOptions, 'database' | 'redisUrl' | 'housekeeping'>,
): Promise<Storage> {
  return openStorage({
    ...options,
    database: locateDatabase(config),
    redisUrl: config.redisUrl || undefined,
    housekeeping: {
      sessionIdleMs: config.sessionIdleDays * DAY_MS || undefined,
      auditMs: config.auditDays * DAY_MS || undefined,
    },
  });
}
