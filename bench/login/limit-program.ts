import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Stretches on a number of threads, in groups. @returns CPU ms for each password */
export type LimitProgram = (threads: number, group: number, rounds: number) => Promise<number>;

/**
 * Compiles bench/stretch/limit.c for this processor: the native kernel as a program, without Node, queue or checks, so
 * the minimum cost of a stretch.
 * @returns `undefined` without a C compiler
 */
export async function buildLimitProgram(): Promise<LimitProgram | undefined> {
  const program = fromRoot('dist/bench/limit');
  const build = [fromRoot('workers/kernel/native/build.sh'), fromRoot('bench/stretch/limit.c'), program];
  await run('sh', build, { env: { ...process.env, CFLAGS: '-march=native' } });
  const stretch: LimitProgram = async (threads, group, rounds) => {
    const { stdout } = await run(program, [threads, group, rounds].map(String));
    return JSON.parse(stdout).cpuMs;
  };
  return stretch(1, 1, 1).then(
    () => stretch,
    () => undefined,
  );
}
