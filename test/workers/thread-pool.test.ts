import t from 'tap';
import { ThreadPool, type ThreadPoolOptions } from '../../workers/thread-pool.js';

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
  t.test(`tasks fail if no thread can start (${threads} threads)`, async (t) => {
    const errors: (Error | undefined)[] = [];
    const pool = startPool(t, { file: broken, threads, onDied: (error) => errors.push(error) });
    for (let round = 0; round < 2; round++) {
      const outcomes = await Promise.allSettled([1, 2, 3, 4].map((task) => pool.run(task)));
      t.ok(outcomes.every(({ status }) => status === 'rejected'));
    }
    t.match(errors.at(-1), { message: 'out of order' });
  });
}

t.test('tasks wait for the replacement of a dead thread', async (t) => {
  const pool = startPool(t, { file: echo });
  t.equal(await pool.run('first'), 'first');
  await pool.threads[0]?.terminate();
  t.same(await Promise.all(['a', 'b', 'c'].map((task) => pool.run(task))), ['a', 'b', 'c']);
});

t.test('tasks run in order', async (t) => {
  const pool = startPool(t, { file: echo, tasksPerThread: 2 });
  const order: unknown[] = [];
  const tasks = Array.from({ length: 40 }, (_, i) => i);
  await Promise.all(tasks.map((task) => pool.run(task).then((result) => order.push(result))));
  t.same(order, tasks);
});

t.test('a pool starts its threads at start() or with its first task', async (t) => {
  const [told, used] = [startPool(t, { file: echo, threads: 3 }), startPool(t, { file: echo, threads: 2 })];
  t.equal(told.threads.length, 0);
  await told.start();
  const { threads } = told;
  t.equal(threads.length, 3);
  t.ok(threads.every(({ threadId }) => threadId > 0));
  await told.run('task');
  t.same(told.threads, threads);
  await used.run('task');
  t.equal(used.threads.length, 2);
});

t.test('a pool without threads rejects start()', async (t) => {
  const pool = startPool(t, { file: broken, threads: 2 });
  await t.rejects(pool.start(), { message: 'no thread can start' });
});

t.test('a pool closed before its first task starts no thread', async (t) => {
  const pool = startPool(t, { file: echo });
  await pool.close();
  await t.rejects(pool.run('task'), { message: 'the threads have ended' });
  t.equal(pool.threads.length, 0);
});

t.test('close waits for starting threads, because Node would abort', async (t) => {
  const pool = startPool(t, { file: echo, threads: 3 });
  const started = pool.start();
  await pool.close();
  await started;
  t.equal(pool.threads.length, 0);
});

t.test('a hanging thread is terminated after the time limit, replaced and reported', async (t) => {
  const errors: (Error | undefined)[] = [];
  const pool = startPool(t, { file: hanging, onDied: (error) => errors.push(error) });
  t.equal(await pool.run('started'), 'started');
  const [hung] = pool.threads;
  const message = 'a thread hung: no result within 200 ms';
  await t.rejects(pool.runWithin(200, 'hang'), { message });
  await pool.deadThreadsExited();
  t.equal(hung?.threadId, -1, 'the thread has ended');
  t.equal(await pool.runWithin(60_000, 'another'), 'another');
  t.match(errors, [{ message }]);
  t.equal(pool.threads.length, 1);
});
