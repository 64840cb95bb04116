import root, { type Test } from 'tap';
import { compiledPath } from './test-files.js';

/**
 * Runs test files sequentially in this process, each as a subtest, so that the program is loaded only once.
 * `TEST_FILES` names them, relative to `test/` and without the ending.
 */

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
  // node:test warns about its mock timers.
  if (name !== 'ExperimentalWarning') current.fail(`unexpected warning: ${stack}`);
});

for (const file of (process.env.TEST_FILES ?? '').split(' ')) {
  const before = process.cpuUsage();
  await test(file, { timeout: Number(process.env.TAP_TIMEOUT) * 1000 }, async (t) => {
    current = t;
    await import(compiledPath(file));
  });
  const { user, system } = process.cpuUsage(before);
  process.send?.({ file, cpuSeconds: (user + system) / 1e6 });
}
process.disconnect?.();
