import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SuiteResult } from './results.js';

/** bench/results beside the sources, relative to dist/bench. Git ignores it. */
export const RESULTS_FOLDER = fileURLToPath(new URL('../../bench/results/', import.meta.url));

/** Writes a suite's results and replaces those of its last run. */
export async function writeResult(folder: string, result: SuiteResult): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${result.suite}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}

/** Reads the last results of every suite, by its name. */
export async function readResults(folder: string): Promise<Map<string, SuiteResult>> {
  const names = await readdir(folder).catch(() => []);
  const results = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as SuiteResult),
  );
  return new Map(results.map((result) => [result.suite, result]));
}
