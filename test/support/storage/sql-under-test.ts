import { randomBytes } from 'node:crypto';
import type { DatabaseLocation } from '../../../storage/sql/database.js';
import { openStorage, type Storage } from '../../../storage/storage.js';
import type { Teardown } from '../services/service-process.js';
import { NOW_MS } from './records.js';

/** Two servers' views of one database. */
export interface SqlUnderTest {
  storage: Storage;
  other: Storage;
}

export async function openServer(
  t: Teardown,
  database: DatabaseLocation,
  storageKeys: Uint8Array[] = [randomBytes(32)],
  observeStatement?: (timing: { sql: string }) => void,
): Promise<Storage> {
  const storage = await openStorage({
    database,
    storageKeys,
    now: () => NOW_MS,
    ...(observeStatement && { observeStatement }),
  });
  t.teardown(() => storage.close());
  return storage;
}

export async function openTwice(t: Teardown, database: DatabaseLocation): Promise<SqlUnderTest> {
  const keys = [randomBytes(32)];
  return { storage: await openServer(t, database, keys), other: await openServer(t, database, keys) };
}
