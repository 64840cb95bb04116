import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseLocation } from '../../../storage/sql/database.js';
import type { Teardown } from '../services/service-process.js';

export async function newSqliteFile(t: Teardown): Promise<DatabaseLocation & { engine: 'sqlite' }> {
  const directory = await mkdtemp(join(tmpdir(), 'sqlite-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return { engine: 'sqlite', filename: join(directory, 'test.sqlite') };
}
