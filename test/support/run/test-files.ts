import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Tier = 'first' | 'robustness';

/** Files that mostly wait for timers and other processes: they run beside those that use a core. */
export const MOSTLY_WAITING = [
  'server/logs/log',
  'server/status/status-stream',
  'storage/redis/redis-outage',
  'server/accounts/enumeration-guard-replies',
  'storage/sql/postgres-outage',
  'storage/sql/sqlite-durability',
  'bench/measure/process-usage',
  'server/metrics/stores-and-mail',
  'storage/move',
  'workers/stretch-engine',
  'docs/dependencies',
  'robustness/docs/container',
  'robustness/workers/hanging-stretch',
];

const SOURCES = fileURLToPath(new URL('../../../../test', import.meta.url));
const COMPILED = fileURLToPath(new URL('../..', import.meta.url));
const ENDING = '.test.ts';

/** Lists the sources, because `dist/` may contain files of older builds. */
export function listTestFiles(): string[] {
  return readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith(ENDING))
    .map((entry) => relative(SOURCES, join(entry.parentPath, entry.name)).slice(0, -ENDING.length))
    .sort();
}

export function tierOf(file: string): Tier {
  return file.startsWith('robustness/') ? 'robustness' : 'first';
}

export function compiledPath(file: string): string {
  return join(COMPILED, `${file}.test.js`);
}
