import { writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import t from 'tap';
import { makeDataDir } from '../support/api/start-server.js';
import { runProcess } from '../support/run/run-process.js';

const TEST = `
import t from '${import.meta.resolve('tap')}';
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

t.test('throws in a callback', async (t) => {
  await t.test('inside', async () => {
    setTimeout(() => { throw new Error('from a timer'); });
    await later();
  });
});
t.test('rejects', async () => {
  Promise.reject('a string');
  await later();
});
t.test('passes', async () => {});
`;

t.test('an uncaught error fails the test that runs', async (t) => {
  const file = join(await makeDataDir(t), 'uncaught');
  await writeFile(`${file}.test.js`, TEST);
  const left = [relative(resolve('dist/test'), file)];
  const failures: string[] = [];
  const outcome = await runProcess({
    env: { ...process.env, TAP_TIMEOUT: '20' },
    takeFile: () => left.shift(),
    onFile: () => {},
    onFailure: (failure) => failures.push(failure.split('\n', 1)[0] as string),
  });
  t.strictSame(
    failures.map((failure) => failure.split(' > ').slice(1)),
    [
      ['throws in a callback', 'inside', 'from a timer'],
      ['rejects', "thrown: 'a string'"],
    ],
  );
  t.equal(outcome.passed, 1);
});
