import t from 'tap';
import { ThreadPool, type ThreadPoolOptions } from '../../workers/thread-pool.js';
import { waitUntil } from '../support/wait-until.js';

const broken = new URL('../support/workers/thread-that-cannot-start.js', import.meta.url);
const hanging = new URL('../support/workers/hanging-thread.js', import.meta.url);
const echo = new URL('../support/workers/echo-thread.js', import.meta.url);

function startPool(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<ThreadPoolOptions> & { file: URL },
) {
  const pool = new ThreadPool<unknown, unknown>({ threads: 1, ...options });
  t.teardown(() => pool.close());
  return pool;
}

for (const threads of [1, 3]) {
  t.test(`no task waits where no thread can start (${threads} threads)`, async (t) => {
    const errors: (Error | undefined)[] = [];
    const pool = startPool(t, { file: broken, threads, onDied: (error) => errors.push(error) });
    for (let round = 0; round < 2; round++) {
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map((task) => pool.run(task)));
      t.ok(outcomes.every(({ status }) => status === 'rejected'));
    }
    t.match(errors.at(-1), { message: 'out of order' });
  });
}

t.test('tasks wait for the thread that takes the place of a dead one', async (t) => {
  const pool = startPool(t, { file: echo });
  t.equal(await pool.run('first'), 'first');
  await pool.threads[0]?.terminate();
  t.same(await Promise.all(['a', 'b', 'c'].map((task) => pool.run(task))), ['a', 'b', 'c']);
});

t.test('tasks are done in the order they came', async (t) => {
  const pool = startPool(t, { file: echo, tasksPerThread: 2 });
  const order: unknown[] = [];
  const tasks = Array.from({ length: 40 }, (_, i) => i);
  await Promise.all(tasks.map((task) => pool.run(task).then((result) => order.push(result))));
  t.same(order, tasks);
});

t.test('it is told of each thread that has started', async (t) => {
  let ready = 0;
  const pool = startPool(t, { file: echo, threads: 3, onReady: () => ready++ });
  await waitUntil(async () => ready === 3);
  await pool.threads[0]?.terminate();
  await waitUntil(async () => ready === 4);
});

t.test('threads that are starting are not ended before they have: Node would abort', async (t) => {
  let ready = 0;
  const pool = startPool(t, { file: echo, threads: 3, onReady: () => ready++ });
  await pool.close();
  t.equal(ready, 3);
  t.equal(pool.threads.length, 0);
});

t.test('threads are replaced by ones with other data, and no task fails meanwhile', async (t) => {
  const file = new URL('../support/workers/data-thread.js', import.meta.url);
  const deaths: unknown[] = [];
  const pool = startPool(t, { file, threads: 2, workerData: 'first', onDied: (error) => deaths.push(error) });
  const replaced = [...pool.threads];
  const replacing = pool.replaceThreads('second');
  const early = await Promise.all([1, 2, 3, 4, 5].map((task) => pool.run(task)));
  t.same(new Set(early), new Set(['first']), 'the first threads work until the others have started');
  await replacing;
  t.same(await Promise.all([1, 2, 3].map((task) => pool.run(task))), ['second', 'second', 'second']);
  t.equal(pool.threads.length, 2);
  t.ok(pool.threads.every((thread) => !replaced.includes(thread)));
  t.same(deaths, []);
});

t.test('threads stay when the ones with other data cannot start', async (t) => {
  const file = new URL('../support/workers/data-thread.js', import.meta.url);
  const pool = startPool(t, { file, workerData: 'first' });
  await pool.replaceThreads('broken');
  t.equal(await pool.run(1), 'first');
});

t.test('a pool that is closed while threads are replaced leaves none', async (t) => {
  const pool = startPool(t, { file: echo });
  const replacing = pool.replaceThreads('second');
  await pool.close();
  await replacing;
  t.equal(pool.threads.length, 0);
});

t.test('a thread that hangs is ended after the time limit, replaced and reported', async (t) => {
  const errors: (Error | undefined)[] = [];
  const pool = startPool(t, { file: hanging, onDied: (error) => errors.push(error) });
  t.equal(await pool.run('started'), 'started');
  const [hung] = pool.threads;
  const message = 'a thread hung: no result within 200 ms';
  await t.rejects(pool.runWithin(200, 'hang'), { message });
  await pool.deadThreadsExited();
  t.equal(hung?.threadId, -1, 'it runs no longer');
  t.equal(await pool.runWithin(60_000, 'another'), 'another');
  t.match(errors, [{ message }]);
  t.equal(pool.threads.length, 1);
});
