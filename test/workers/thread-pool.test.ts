import t from 'tap';
import { ThreadPool, type ThreadPoolOptions } from '../../workers/thread-pool.js';
import { waitUntil } from '../support/wait-until.js';

const broken = new URL('../support/workers/thread-that-cannot-start.js', import.meta.url);
const echo = new URL('../support/workers/echo-thread.js', import.meta.url);

function startPool(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<ThreadPoolOptions> & { file: URL },
) {
  const pool = new ThreadPool<unknown, unknown>({ threads: 1, ...options });
  t.teardown(() => pool.close());
  return pool;
}

for (const threads of [0, 1, 3]) {
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

t.test('a pool without standing threads starts one for work', async (t) => {
  const pool = startPool(t, { file: echo, threads: 0 });
  t.equal(pool.threads.length, 0);
  t.equal(await pool.run('a'), 'a');
  t.equal(await pool.run('b'), 'b');
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
