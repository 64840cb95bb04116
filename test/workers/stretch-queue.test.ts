import { getEventListeners } from 'node:events';
import t from 'tap';
import { StretchQueue } from '../../workers/stretch-queue.js';
import { QueueHarness, settle, succeed } from '../support/workers/queue-harness.js';

t.test('two logins that wait while every thread is busy are taken together', async (t) => {
  const harness = new QueueHarness();
  for (const account of ['a', 'b', 'c', 'd']) harness.submit(account);
  t.same(harness.begun, [['a'], ['b']]);
  await harness.finishOne();
  t.same(harness.begun.slice(2), [['c', 'd']]);
});

t.test('a lone login never waits for company', async (t) => {
  const harness = new QueueHarness();
  harness.submit('a');
  harness.submit('b');
  t.same(harness.begun, [['a'], ['b']], 'while a thread is idle');
  harness.submit('c');
  await harness.finishOne();
  t.same(harness.begun.slice(2), [['c']], 'when a thread is freed');
});

t.test('three that wait become a pair and a lone one', async (t) => {
  const harness = new QueueHarness();
  for (const account of ['a', 'b', 'c', 'd', 'e']) harness.submit(account);
  await harness.finishOne();
  await harness.finishOne();
  t.same(harness.begun.slice(2), [['c', 'd'], ['e']]);
});

t.test('where company saves nothing, each is taken alone', async (t) => {
  const harness = new QueueHarness({ groupSize: 1, threads: 1 });
  for (const account of ['a', 'b', 'c']) harness.submit(account);
  await harness.finishAll();
  t.same(harness.begun, [['a'], ['b'], ['c']]);
});

t.test('every request gets the reply to its own password', async (t) => {
  const harness = new QueueHarness();
  const accounts = Array.from({ length: 25 }, (_, i) => `account ${i}`);
  for (const account of accounts) harness.submit(account);
  await harness.finishAll();
  t.equal(harness.endings.length, accounts.length);
  for (const { account, ending } of harness.endings) t.equal(ending, `stretched ${account}`);
});

t.test('one failure in a pair leaves the other unharmed', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  for (const account of ['a', 'b', 'c']) harness.submit(account);
  await harness.finishOne();
  harness.running[0]?.finish([{ failure: 'RangeError' }, succeed('c')]);
  await settle();
  const endings = new Map(harness.endings.map(({ account, ending }) => [account, ending]));
  t.equal(endings.get('b'), 'STRETCH_FAILED');
  t.equal(endings.get('c'), 'stretched c');
  t.match(harness.events.at(-1), { type: 'finished', batchSize: 2, failed: 1 });
});

t.test('a thread that dies fails what it held, and the queue goes on', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  for (const account of ['a', 'b', 'c', 'd']) harness.submit(account);
  harness.running.shift()?.die(new Error('worker exited with code: 1'));
  await settle();
  await harness.finishAll();
  t.same(harness.endings, [
    { account: 'a', ending: 'STRETCH_FAILED' },
    { account: 'b', ending: 'stretched b' },
    { account: 'c', ending: 'stretched c' },
    { account: 'd', ending: 'stretched d' },
  ]);
  t.equal(harness.queue.running, 0);
});

t.test('an abandoned login is dropped before its stretch', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  const hangUp = new AbortController();
  harness.submit('a');
  harness.submit('b', { signal: hangUp.signal });
  harness.submit('c');
  hangUp.abort();
  await settle();
  t.same(harness.endings, [{ account: 'b', ending: 'STRETCH_ABANDONED' }]);
  await harness.finishAll();
  t.same(harness.begun, [['a'], ['c']]);
  t.equal(harness.events.filter(({ type }) => type === 'abandoned').length, 1);
});

t.test('a login abandoned before it is submitted is not even queued', async (t) => {
  const harness = new QueueHarness();
  harness.submit('a', { signal: AbortSignal.abort() });
  await settle();
  t.same(harness.begun, []);
  t.same(harness.endings, [{ account: 'a', ending: 'STRETCH_ABANDONED' }]);
});

t.test('a login abandoned after its stretch began is stretched', async (t) => {
  const harness = new QueueHarness();
  const hangUp = new AbortController();
  harness.submit('a', { signal: hangUp.signal });
  hangUp.abort();
  await harness.finishAll();
  t.same(harness.endings, [{ account: 'a', ending: 'stretched a' }]);
});

t.test('one signal can serve many logins: none leaves a listener on it', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  const { signal } = new AbortController();
  const listeners = () => getEventListeners(signal, 'abort').length;
  for (const account of ['a', 'b', 'c', 'd']) harness.submit(account, { signal });
  t.equal(listeners(), 3, 'one for each that waits');
  await harness.finishOne();
  t.equal(listeners(), 1);
  await harness.finishAll();
  t.equal(listeners(), 0);
});

t.test('a listener is removed when its login is dropped', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  const hangUp = new AbortController();
  harness.submit('a');
  harness.submit('b', { signal: hangUp.signal });
  hangUp.abort();
  await settle();
  t.equal(getEventListeners(hangUp.signal, 'abort').length, 0);
});

t.test('events tell how long each waited and each batch took', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  harness.submit('a');
  harness.nowMs += 30;
  harness.submit('b');
  await harness.finishOne(70);
  await harness.finishOne(110);
  t.same(harness.events, [
    { type: 'started', waitedMs: 0 },
    { type: 'started', waitedMs: 70 },
    { type: 'finished', batchSize: 1, serviceMs: 100, failed: 0 },
    { type: 'finished', batchSize: 1, serviceMs: 110, failed: 0 },
  ]);
});

t.test('options that make no sense are refused by name', async (t) => {
  const options = {
    threads: 1,
    slots: 2,
    groupSize: 2,
    maxWaitMs: 1,
    run: async () => [],
    wipe: async () => {},
    now: () => 0,
  };
  for (const name of ['threads', 'slots', 'groupSize'] as const) {
    t.throws(() => new StretchQueue({ ...options, [name]: 0 }), {
      message: `${name} must be at least 1, got 0`,
    });
  }
  t.throws(() => new StretchQueue({ ...options, maxWaitMs: Number.NaN }), { message: /maxWaitMs must be/ });
});
