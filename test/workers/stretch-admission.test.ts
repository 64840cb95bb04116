import { randomInt } from 'node:crypto';
import t from 'tap';
import { StretchOverloadError } from '../../workers/stretch-queue.js';
import { QueueHarness, settle } from '../support/workers/queue-harness.js';

const BATCH_MS = 100;

/** A harness whose queue knows how long a batch takes. */
function calibrated(options: ConstructorParameters<typeof QueueHarness>[0]) {
  const harness = new QueueHarness(options);
  harness.queue.expect([BATCH_MS, BATCH_MS]);
  return harness;
}

t.test('a thousand logins at once: what would wait too long is refused, the rest is served', async (t) => {
  const harness = calibrated({ threads: 2, maxWaitMs: 5000 });
  for (let i = 0; i < 1000; i++) harness.submit(`account ${i}`);
  await settle();
  const refused = harness.endings.length;
  // Two begin at once. From then on two threads take two each every 100 ms: 4 in each of 50 rounds that
  // begin within 5 s, the first after 100 ms.
  t.equal(1000 - refused, 2 + 4 * 50);
  t.ok(harness.endings.every(({ ending }) => ending === 'STRETCH_OVERLOAD'));
  while (harness.running.length > 0) {
    await harness.finishOne(BATCH_MS);
    if (harness.running.length > 0) await harness.finishOne(0);
  }
  const served = harness.endings.slice(refused);
  t.equal(served.length, 1000 - refused);
  t.ok(served.every(({ account, ending }) => ending === `stretched ${account}`));
  const waits = harness.events.flatMap((event) => (event.type === 'started' ? [event.waitedMs] : []));
  t.equal(Math.max(...waits), 5000);
});

t.test('a refusal tells the wait that was predicted', async (t) => {
  const harness = calibrated({ threads: 1, maxWaitMs: 150 });
  for (const account of ['a', 'b', 'c']) harness.submit(account);
  const refusal = harness.queue.submit(
    {
      email: Buffer.from('d'),
      password: Buffer.from('d'),
      stretchingSalt: Buffer.from(''),
      srpSalt: Buffer.from(''),
    },
    { source: 'home of d', account: 'd' },
  );
  await t.rejects(refusal, new StretchOverloadError(2 * BATCH_MS));
  t.same(harness.events.at(-1), { type: 'refused', predictedWaitMs: 2 * BATCH_MS });
});

t.test('what would be refused is told before it is asked for, and takes no place in line', async (t) => {
  const harness = calibrated({ threads: 1, maxWaitMs: 150 });
  const order = { source: 'home of d', account: 'd' };
  harness.queue.keepPlace(order).leave();
  for (const account of ['a', 'b', 'c']) harness.submit(account);
  t.throws(() => harness.queue.keepPlace(order), new StretchOverloadError(2 * BATCH_MS));
  t.equal(harness.queue.waiting, 2);
  await harness.finishAll();
  harness.queue.keepPlace(order).leave();
});

t.test('a place that is kept is there when its request comes, however many came since', async (t) => {
  const harness = calibrated({ threads: 1, groupSize: 1, maxWaitMs: 3 * BATCH_MS });
  harness.submit('a');
  const place = harness.queue.keepPlace({ source: 'home of b', account: 'b' });
  for (const account of ['c', 'd', 'e']) harness.submit(account);
  await settle();
  t.same(harness.endings, [{ account: 'e', ending: 'STRETCH_OVERLOAD' }], 'who comes later counts it');
  harness.submit('b', { place });
  await harness.finishAll();
  t.same(harness.begun, [['a'], ['b'], ['c'], ['d']]);
});

t.test('no thread waits for a place that is kept', async (t) => {
  const harness = calibrated({ threads: 1, groupSize: 1, maxWaitMs: BATCH_MS });
  const place = harness.queue.keepPlace({ source: 'home of a', account: 'a' });
  harness.submit('b');
  t.same(harness.begun, [['b']]);
  harness.submit('a', { place });
  await harness.finishAll();
  t.same(harness.begun, [['b'], ['a']]);
});

t.test('a place that was left is free, and its sender’s next is no later for it', async (t) => {
  const harness = calibrated({ threads: 1, groupSize: 1, maxWaitMs: 2 * BATCH_MS });
  harness.submit('a');
  const order = { source: 'home of b', account: 'b' };
  const places = [harness.queue.keepPlace(order), harness.queue.keepPlace(order)];
  t.throws(() => harness.queue.keepPlace(order), { code: 'STRETCH_OVERLOAD' });
  for (const place of places.reverse()) place.leave();
  harness.submit('c');
  harness.submit('b');
  await harness.finishAll();
  t.same(harness.begun, [['a'], ['c'], ['b']]);
  t.same(harness.events.filter(({ type }) => type === 'refused').length, 1);
});

t.test('a place that is used up, or was left, is none', async (t) => {
  const harness = calibrated({ threads: 1, groupSize: 1, maxWaitMs: BATCH_MS });
  const place = harness.queue.keepPlace({ source: 'home of a', account: 'a' });
  harness.submit('a', { place });
  place.leave();
  harness.submit('b');
  harness.submit('a', { place });
  await harness.finishAll();
  t.same(harness.begun, [['a'], ['b']]);
  t.same(harness.endings[0], { account: 'a', ending: 'STRETCH_OVERLOAD' });
});

t.test('a request that was admitted for one stretch is served another, however many wait', async (t) => {
  const harness = calibrated({ threads: 1, maxWaitMs: BATCH_MS });
  for (let i = 0; i < 5; i++) harness.submit('a', { source: 'flood' });
  harness.submit('a', { source: 'flood', admitted: true });
  t.equal(harness.events.filter(({ type }) => type === 'refused').length, 2);
  await harness.finishAll();
  t.equal(harness.endings.filter(({ ending }) => ending === 'stretched a').length, 4);
});

t.test('a refused request leaves no trace in the queue', async (t) => {
  const harness = calibrated({ threads: 1, maxWaitMs: BATCH_MS });
  for (let i = 0; i < 50; i++) harness.submit('a', { source: 'flood' });
  t.equal(harness.queue.waiting, 2);
  await harness.finishAll();
  harness.submit('x');
  harness.submit('b', { source: 'flood' });
  harness.submit('c');
  await harness.finishAll();
  t.same(harness.begun.slice(-2), [['x'], ['b', 'c']]);
});

for (const groupSize of [1, 2]) {
  for (const threads of [1, 2, 5]) {
    const shape = `${threads} threads, ${groupSize === 2 ? 'in pairs' : 'one by one'}`;
    t.test(`without newcomers in front, every wait is as predicted: ${shape}`, async (t) => {
      const harness = calibrated({ threads, groupSize, maxWaitMs: 60_000 });
      const ends: number[] = [];
      const predicted: number[] = [];
      // Each batch takes exactly what the queue believes, and nothing happens between steps of 10 ms.
      for (let step = 0; step < 200 || harness.running.length > 0; step++) {
        while (ends[0] !== undefined && ends[0] <= harness.nowMs) {
          ends.shift();
          await harness.finishOne(0);
        }
        if (step < 200 && randomInt(3) > 0) {
          predicted.push(harness.queue.predictWaitMs());
          harness.submit(`account ${step}`);
        }
        while (ends.length < harness.running.length) ends.push(harness.nowMs + BATCH_MS);
        harness.nowMs += 10;
      }
      const waited = harness.events.flatMap((event) => (event.type === 'started' ? [event.waitedMs] : []));
      t.ok(waited.length > 60);
      t.equal(predicted.filter((ms, i) => ms !== waited[i]).length, 0);
    });
  }
}

t.test('the prediction follows the time that batches take', async (t) => {
  const harness = new QueueHarness({ threads: 1, groupSize: 1 });
  harness.submit('a');
  await harness.finishOne(80);
  for (const account of ['b', 'c']) harness.submit(account);
  t.equal(harness.queue.predictWaitMs(), 160);
  for (let i = 0; i < 40; i++) harness.submit(`more ${i}`);
  for (let i = 0; i < 40; i++) await harness.finishOne(200);
  t.equal(harness.queue.waiting, 1);
  const wait = harness.queue.predictWaitMs();
  t.ok(wait > 390 && wait <= 400, `${wait} ms for two`);
});

t.test('batches that fail at once do not make the queue hopeful', async (t) => {
  const harness = calibrated({ threads: 1, groupSize: 1 });
  for (let i = 0; i < 20; i++) {
    harness.submit('a');
    harness.running.shift()?.die(new Error('worker exited with code: 1'));
    await settle();
  }
  harness.submit('b');
  harness.submit('c');
  t.equal(harness.queue.predictWaitMs(), 2 * BATCH_MS);
});
