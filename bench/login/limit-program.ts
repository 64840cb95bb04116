import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The native kernel as a program, without Node, queue or checks: the minimum cost of a stretch. */
export interface LimitProgram {
  /** Stretches on a number of threads. @returns CPU ms for each password */
  stretch(threads: number, group: number, rounds: number): Promise<number>;
  remove(): Promise<void>;
}

/** Compiles bench/stretch/limit.c for this processor. @returns `undefined` without a C compiler */
export async function buildLimitProgram(): Promise<LimitProgram | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'limit-'));
  const program = join(folder, 'limit');
  const env = { ...process.env, CFLAGS: '-march=native' };
  await run('sh', [fromRoot('workers/kernel/native/build.sh'), fromRoot('bench/stretch/limit.c'), program], {
    env,
  });
  const stretch = async (threads: number, group: number, rounds: number) => {
    const { stdout } = await run(program, ['stretch', String(threads), String(group), String(rounds)]);
    return JSON.parse(stdout).cpuMs as number;
  };
  try {
    await stretch(1, 1, 1);
  } catch {
    return undefined;
  }
  return { stretch, remove: () => rm(folder, { recursive: true }) };
}
