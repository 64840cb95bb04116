import './without-async-hooks.js';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import root, { type Test } from 'tap';
import type { ProcessMessage } from './run-process.js';
import { compiledPath } from './test-files.js';

// Runs the files that run-process.ts sends, each as its own subtest: program and packages are loaded once.

const TICKS_PER_SECOND = 100;

let current: Test = root;
// Each file has its own time limit.
root.setTimeout(0);
const test = root.test.bind(root);

// `t` in a file is its own subtest, so that its teardowns run at the end of the file.
Object.assign(root, {
  test: (...args: Parameters<Test['test']>) => current.test(...args),
  teardown: (...args: Parameters<Test['teardown']>) => current.teardown(...args),
  setTimeout: (...args: Parameters<Test['setTimeout']>) => current.setTimeout(...args),
});

process.on('warning', ({ name, stack }) => {
  if (name !== 'ExperimentalWarning') current.fail(`unexpected warning: ${stack}`);
});

for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (thrown) => {
    const error = thrown instanceof Error ? thrown : new Error(`thrown: ${inspect(thrown)}`);
    findRunningTest().threw(Object.assign(error, { tapCaught: event }));
  });
}

for (let file = await receiveFile(); file; file = await receiveFile()) {
  const path = compiledPath(file);
  const before = readCpuSeconds();
  await test(file, { timeout: Number(process.env.TAP_TIMEOUT) * 1000 }, async (t) => {
    current = t;
    await import(path);
  });
  tell({ type: 'ran', file, cpuSeconds: readCpuSeconds() - before });
}
process.disconnect?.();

/** Tests run one after the other, so at most one subtest of a test is active. */
function findRunningTest(test: Test = current): Test {
  const [subtest] = test.activeSubtests as Set<Test>;
  return subtest ? findRunningTest(subtest) : test;
}

async function receiveFile(): Promise<string | undefined> {
  tell({ type: 'ready' });
  // tap unrefs the channel.
  process.channel?.ref();
  const [{ file }] = await once(process, 'message');
  process.channel?.unref();
  return file;
}

function tell(message: ProcessMessage): void {
  process.send?.(message);
}

/** Includes child processes that have ended: cutime and cstime of proc(5). */
function readCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + readChildrenTicks() / TICKS_PER_SECOND;
}

function readChildrenTicks(): number {
  if (process.platform !== 'linux') return 0;
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const [cutime, cstime] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15);
  return Number(cutime) + Number(cstime);
}
