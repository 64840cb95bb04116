import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fromRoot } from '../suite.js';

const run = promisify(execFile);

/** Returns the CPU ms of one password. */
export type LimitProgram = (threads: number, group: number, rounds: number) => Promise<number>;

/** Compiles the limit program for this processor. Returns `undefined` without a C compiler. */
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
