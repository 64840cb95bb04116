import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Tier = 'first' | 'robustness';

/** Files that run sequentially in one process. */
export interface Batch {
  name: string;
  /** Relative to `test/`, without the ending: `server/routes/auth`. */
  files: string[];
}

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

/**
 * Distributes files over processes: one process per folder, two levels deep, in the first tier; one per file in the
 * other, whose tests use the whole machine.
 */
export function makeBatches(files: string[]): Batch[] {
  const batches = new Map<string, string[]>();
  for (const file of files) {
    const name = tierOf(file) === 'robustness' ? file : dirname(file).split('/').slice(0, 2).join('/');
    batches.set(name, [...(batches.get(name) ?? []), file]);
  }
  return [...batches]
    .map(([name, files]) => ({ name, files }))
    .sort((a, b) => b.files.length - a.files.length);
}
