import t from 'tap';
import type { SlotAllocation } from '../../workers/messages.js';
import { QueueHarness, settle, succeed } from '../support/workers/queue-harness.js';

t.test('a thread of an idle server takes a single login at once', async (t) => {
  const harness = new QueueHarness({ threads: 3, groupSize: 4 });
  for (const account of ['a', 'b']) {
    harness.submit(account);
    await harness.finishOne();
  }
  t.same(harness.begun, [['a'], ['b']]);
});

t.test('beside a running batch, an idle thread waits a tenth of a batch to fill the next one', async (t) => {
  const harness = new QueueHarness({ threads: 3, groupSize: 4 });
  harness.submit('a');
  harness.submit('b');
  harness.advance(9);
  harness.submit('c');
  t.same(harness.begun, [['a']]);
  harness.advance(1);
  t.same(harness.begun, [['a'], ['b', 'c']], 'from the first of them on');
  for (const account of ['d', 'e', 'f']) harness.submit(account);
  harness.advance(9);
  t.equal(harness.begun.length, 2);
  harness.submit('g');
  t.same(harness.begun.at(-1), ['d', 'e', 'f', 'g'], 'a full batch starts at once');
});

t.test('the wait to fill a batch ends with the last running batch', async (t) => {
  const harness = new QueueHarness({ threads: 2, groupSize: 4 });
  for (const account of ['a', 'b', 'c']) harness.submit(account);
  await harness.finishOne(1);
  t.same(harness.begun, [['a'], ['b', 'c']]);
  harness.queue.expect(4, 100);
  harness.submit('d');
  harness.advance(9);
  t.equal(harness.begun.length, 2, 'the timer of an earlier wait is cancelled');
  harness.advance(1);
  t.same(harness.begun.at(-1), ['d']);
});

t.test('slots can be claimed unless a batch runs in them, or requests wait for them', async (t) => {
  const harness = new QueueHarness({ threads: 3, groupSize: 4 });
  const claim = () => harness.allocations.filter((slots) => harness.queue.claim(slots));
  harness.submit('a');
  harness.submit('b');
  const claimed = claim();
  t.equal(claimed.length, 1, 'wiping the last idle slots would prolong the wait for a full batch');
  harness.advance(10);
  t.same(harness.begun, [['a'], ['b']]);
  t.same(claim(), []);
  harness.submit('c');
  harness.advance(10);
  t.equal(harness.begun.length, 2, 'claimed slots are not used');
  harness.queue.release(claimed[0] as SlotAllocation);
  harness.advance(10);
  t.same(harness.begun.at(-1), ['c']);
});

t.test('a batch whose requests were all abandoned during the wait leaves nothing behind', async (t) => {
  const harness = new QueueHarness({ threads: 2, groupSize: 4 });
  const hangUp = new AbortController();
  harness.submit('a');
  harness.submit('b', { signal: hangUp.signal });
  hangUp.abort();
  harness.advance(10);
  harness.submit('c');
  harness.advance(10);
  t.same(harness.begun, [['a'], ['c']]);
});

t.test('a free thread takes all waiting logins, up to the batch size', async (t) => {
  const harness = new QueueHarness({ threads: 1, groupSize: 4 });
  for (const account of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) harness.submit(account);
  await harness.finishAll();
  t.same(harness.begun, [['a'], ['b', 'c', 'd', 'e'], ['f', 'g']]);
});

t.test('with a batch size of one each login is stretched separately', async (t) => {
  const harness = new QueueHarness({ groupSize: 1, threads: 1 });
  for (const account of ['a', 'b', 'c']) harness.submit(account);
  await harness.finishAll();
  t.same(harness.begun, [['a'], ['b'], ['c']]);
});

t.test('running batches do not exceed the slot allocations', async (t) => {
  const harness = new QueueHarness({ threads: 2 });
  for (let i = 0; i < 9; i++) harness.submit(`${i}`);
  const slots = harness.running.flatMap(({ slots }) => slots.indexes);
  t.equal(harness.running.length, 2);
  t.equal(new Set(slots).size, slots.length, 'each slot belongs to one batch');
});

t.test('every request gets the reply for its own password', async (t) => {
  const harness = new QueueHarness();
  const accounts = Array.from({ length: 25 }, (_, i) => `account ${i}`);
  for (const account of accounts) harness.submit(account);
  await harness.finishAll();
  t.equal(harness.endings.length, accounts.length);
  for (const { account, ending } of harness.endings) t.equal(ending, `stretched ${account}`);
});

t.test('a failure does not affect the other request of its batch', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  for (const account of ['a', 'b', 'c']) harness.submit(account);
  await harness.finishOne();
  harness.running[0]?.finish([{ failure: 'RangeError' }, succeed('c')]);
  await settle();
  const endings = new Map(harness.endings.map(({ account, ending }) => [account, ending]));
  t.equal(endings.get('b'), 'TASK_FAILED');
  t.equal(endings.get('c'), 'stretched c');
  t.match(harness.events.at(-1), { type: 'finished', batchSize: 2, failed: 1 });
});

t.test('a dying thread fails its batch, and the queue continues', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  for (const account of ['a', 'b', 'c', 'd']) harness.submit(account);
  harness.running.shift()?.die(new Error('worker exited with code: 1'));
  await settle();
  await harness.finishAll();
  t.same(harness.endings, [
    { account: 'a', ending: 'TASK_FAILED' },
    { account: 'b', ending: 'stretched b' },
    { account: 'c', ending: 'stretched c' },
    { account: 'd', ending: 'stretched d' },
  ]);
});

t.test('an abandoned login is dropped before its stretch', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  const hangUp = new AbortController();
  harness.submit('a');
  harness.submit('b', { signal: hangUp.signal });
  harness.submit('c');
  hangUp.abort();
  await harness.finishAll();
  t.same(harness.begun, [['a'], ['c']]);
  t.same(harness.endings[1], { account: 'b', ending: 'TASK_ABANDONED' });
  t.equal(harness.events.filter(({ type }) => type === 'abandoned').length, 1);
});

t.test('a login abandoned before it is submitted is not queued', async (t) => {
  const harness = new QueueHarness();
  harness.submit('a', { signal: AbortSignal.abort() });
  await settle();
  t.same(harness.begun, []);
  t.same(harness.endings, [{ account: 'a', ending: 'TASK_ABANDONED' }]);
});

t.test('a login abandoned during its stretch is stretched', async (t) => {
  const harness = new QueueHarness();
  const hangUp = new AbortController();
  harness.submit('a', { signal: hangUp.signal });
  hangUp.abort();
  await harness.finishAll();
  t.same(harness.endings, [{ account: 'a', ending: 'stretched a' }]);
});

t.test('events have the wait of each request and the duration of each batch', async (t) => {
  const harness = new QueueHarness({ threads: 1 });
  harness.submit('a');
  harness.nowMs += 30;
  harness.submit('b');
  await harness.finishOne(70);
  await harness.finishOne(110);
  t.same(harness.events, [
    { type: 'started', waitedMs: 0 },
    { type: 'finished', batchSize: 1, serviceMs: 100, failed: 0 },
    { type: 'started', waitedMs: 70 },
    { type: 'finished', batchSize: 1, serviceMs: 110, failed: 0 },
  ]);
});

t.test('the slots of a dead thread are not used until recovery ends, with or without success', async (t) => {
  for (const ending of ['end', 'fail'] as const) {
    const harness = new QueueHarness({ threads: 1, holdRecovery: true });
    for (const account of ['a', 'b']) harness.submit(account);
    harness.running.shift()?.die(new Error('worker exited with code: 1'));
    await settle();
    t.same(harness.begun, [['a']]);
    harness.recovering[0]?.[ending]();
    await settle();
    t.same(harness.begun, [['a'], ['b']]);
  }
});

t.test('the predicted wait is the number of requests ahead divided by the throughput', async (t) => {
  const harness = new QueueHarness({ threads: 2, groupSize: 4 });
  t.equal(harness.queue.predictWaitMs(0), 0);
  t.equal(harness.queue.predictWaitMs(80), 1000, 'two threads, four in 100 ms each');
});

t.test('throughput is a moving average of full batches, which smaller ones can only raise', async (t) => {
  const harness = new QueueHarness({ threads: 1, groupSize: 2 });
  const predict = () => Math.round(harness.queue.predictWaitMs(100));
  const before = predict();
  harness.submit('single, slow');
  await harness.finishOne(300);
  t.equal(predict(), before, 'a single stretch takes longer for each password');
  for (const account of ['a', 'b', 'c']) harness.submit(account);
  await harness.finishOne(300);
  await harness.finishOne(200);
  t.equal(predict(), 6000, 'a fifth of the way from 50 to 100 ms for each');
  harness.submit('single, fast');
  await harness.finishOne(10);
  t.equal(predict(), 5000);
});

t.test('after a batch over its time limit, the next ones have more time', async (t) => {
  const harness = new QueueHarness({ threads: 1, groupSize: 2 });
  harness.submit('starved');
  harness.nowMs += 30_000;
  harness.running.shift()?.die(new Error('a thread hung'));
  await settle();
  harness.submit('next');
  t.equal(harness.running[0]?.timeLimitMs, 60_000, 'twice as much');
  await harness.finishOne(3000);
  harness.submit('killed');
  const before = harness.running[0]?.timeLimitMs;
  harness.running.shift()?.die(new Error('terminated'));
  await settle();
  harness.submit('last');
  t.equal(harness.running[0]?.timeLimitMs, before, 'a death before the limit says nothing about speed');
});

t.test('a hanging thread has a time limit of 20 batches, and until then hardly counts', async (t) => {
  const harness = new QueueHarness({ threads: 2, groupSize: 2 });
  harness.submit('hangs');
  t.equal(harness.running[0]?.timeLimitMs, 30_000, 'before the first measurement');
  const before = harness.queue.predictWaitMs(100);
  harness.nowMs += 2500;
  t.ok(harness.queue.predictWaitMs(100) > 1.8 * before);
  harness.submit('hangs as well');
  harness.advance(10);
  harness.nowMs += 2500;
  t.equal(Math.round(harness.queue.predictWaitMs(100)), Math.round(20 * before));
  const slow = new QueueHarness({ threads: 1 });
  slow.queue.expect(2, 2000);
  slow.submit('first');
  t.equal(slow.running[0]?.timeLimitMs, 40_000);
  await slow.finishOne(500);
  slow.submit('hangs');
  t.equal(slow.running[0]?.timeLimitMs, 36_000, '20 times the new average of a batch');
  await slow.finishOne(3000);
  slow.submit('on a busy machine');
  t.equal(slow.running[0]?.timeLimitMs, 60_000, '20 times the latest batch');
});
