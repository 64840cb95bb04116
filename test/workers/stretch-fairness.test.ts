import t from 'tap';
import { QueueHarness, settle } from '../support/workers/queue-harness.js';

/** How many batches begin between now and the one with a login for `account`. */
async function batchesBefore(harness: QueueHarness, account: string): Promise<number> {
  const first = harness.begun.length;
  const isIn = (batch: string[]) => batch.includes(account);
  while (!harness.begun.slice(first).some(isIn)) await harness.finishOne();
  return harness.begun.slice(first).findIndex(isIn);
}

const LONG_WAIT = { maxWaitMs: 10_000_000 };

const TARGETS = {
  'many accounts': (i: number) => `account ${i}`,
  'one account': () => 'theirs',
  "the other's own account": () => 'mine',
};

for (const [target, accountOf] of Object.entries(TARGETS)) {
  t.test(`500 logins from one source for ${target} hardly delay the first login of another`, async (t) => {
    const harness = new QueueHarness(LONG_WAIT);
    for (let i = 0; i < 500; i++) {
      harness.submit(`greedy ${i}`, { source: 'greedy', account: accountOf(i) });
    }
    await harness.finishOne();
    harness.submit('modest', { source: 'modest', account: 'mine' });
    t.ok((await batchesBefore(harness, 'modest')) <= 1);
    await harness.finishAll();
    t.equal(harness.endings.length, 501, 'and the greedy one is served as well');
  });
}

t.test('the group of a newcomer is not filled up with the requests of a flood', async (t) => {
  const harness = new QueueHarness({ ...LONG_WAIT, threads: 1, slots: 4, groupSize: 4 });
  for (let i = 0; i < 100; i++) harness.submit(`greedy ${i}`, { source: 'greedy' });
  await harness.finishOne();
  t.equal(harness.begun.at(-1)?.length, 4, 'one source alone has full groups');
  harness.submit('modest');
  await harness.finishOne();
  t.same(harness.begun.at(-1)?.toSorted(), ['greedy 5', 'modest']);
  await harness.finishOne();
  t.equal(harness.begun.at(-1)?.length, 4, 'and has them again afterwards');
  for (const source of ['a', 'b', 'c']) harness.submit(`newcomer ${source}`);
  await harness.finishOne();
  t.same(harness.begun.at(-1)?.length, 4, 'newcomers share a full group');
  for (const i of [0, 1, 2, 3]) for (const source of ['a', 'b']) harness.submit(`more ${i}`, { source });
  await harness.finishOne();
  t.equal(harness.begun.at(-1)?.length, 4, 'so do several who have more in line');
});

t.test('sources are served in turn, however much each has waiting', async (t) => {
  const harness = new QueueHarness({ ...LONG_WAIT, threads: 1, groupSize: 1 });
  harness.submit('first');
  for (const source of ['a', 'b', 'c']) {
    for (let i = 0; i < 4; i++) harness.submit(`${source}${i}`, { source });
  }
  await harness.finishAll();
  t.same(harness.begun.slice(1).flat().join(' '), 'a0 b0 c0 a1 b1 c1 a2 b2 c2 a3 b3 c3');
});

t.test('logins for one account from many sources line up behind one another', async (t) => {
  const harness = new QueueHarness({ ...LONG_WAIT, threads: 1, groupSize: 1 });
  harness.submit('first');
  for (let i = 0; i < 200; i++) harness.submit('victim', { source: `bot ${i}` });
  for (let i = 0; i < 3; i++) harness.submit(`other ${i}`);
  await harness.finishOne();
  await harness.finishOne();
  t.ok((await batchesBefore(harness, 'other 2')) <= 4);
});

t.test('a newcomer is admitted while the flood of another is refused', async (t) => {
  const harness = new QueueHarness({ threads: 1, maxWaitMs: 1000 });
  for (let i = 0; i < 500; i++) harness.submit(`account ${i}`, { source: 'greedy' });
  await settle();
  t.ok(harness.endings.length > 400);
  const refused = harness.endings.length;
  harness.submit('mine', { source: 'modest' });
  harness.submit('again', { source: 'greedy' });
  await settle();
  t.same(harness.endings.slice(refused), [{ account: 'again', ending: 'STRETCH_OVERLOAD' }]);
});

t.test('logins that are abandoned do not push the account they were for out of reach', async (t) => {
  const harness = new QueueHarness({ ...LONG_WAIT, threads: 1, groupSize: 1 });
  harness.submit('first');
  for (let i = 0; i < 20; i++) harness.submit(`account ${i}`, { source: 'greedy' });
  for (let i = 0; i < 300; i++) {
    const hangUp = new AbortController();
    harness.submit('mine', { source: 'attacker', signal: hangUp.signal });
    hangUp.abort();
  }
  harness.submit('mine', { source: 'owner' });
  t.ok((await batchesBefore(harness, 'mine')) <= 2);
});

t.test('whose turn has passed is forgotten, whose has not is remembered', async (t) => {
  const harness = new QueueHarness({ ...LONG_WAIT, threads: 1, groupSize: 1 });
  harness.submit('first');
  for (let i = 0; i < 100; i++) harness.submit(`greedy ${i}`, { source: 'greedy' });
  // Each passer-by leaves three names behind, far more than are kept; the queue is never empty meanwhile.
  for (let i = 0; i < 6000; i++) {
    harness.submit(`passer-by ${i}`);
    while (harness.queue.waiting > 300) await harness.finishOne();
  }
  harness.submit('greedy again', { source: 'greedy' });
  harness.submit('newcomer');
  await harness.finishAll();
  const order = harness.begun.flat();
  t.equal(order.length, 1 + 100 + 6000 + 2);
  t.ok(order.indexOf('newcomer') < order.indexOf('greedy 98'), 'a newcomer is served before old debts');
  t.same(order.slice(-2), ['greedy 99', 'greedy again']);
});
