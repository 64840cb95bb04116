import t from 'tap';
import { QueueHarness, settle } from '../support/workers/queue-harness.js';

const BATCH_MS = 200;

/** Two threads and groups of four, unless told otherwise; every batch is believed to take 200 ms. */
function createHarness(options: ConstructorParameters<typeof QueueHarness>[0] = {}) {
  const harness = new QueueHarness({ threads: 2, groupSize: 4, slots: 4, ...options });
  harness.queue.expect([BATCH_MS]);
  return harness;
}

function submitMany(harness: QueueHarness, count: number, name = 'account'): void {
  for (let i = 1; i <= count; i++) harness.submit(`${name} ${i}`);
}

const sizes = (harness: QueueHarness) => harness.begun.map(({ length }) => length);

t.test('a freed thread takes as many as wait, up to the size of a group', async (t) => {
  const harness = createHarness({ threads: 1 });
  submitMany(harness, 1 + 4 + 4 + 3);
  await harness.finishAll();
  t.same(sizes(harness), [1, 4, 4, 3]);
});

t.test('as many as threads are idle begin alone, at once', async (t) => {
  const harness = createHarness({ threads: 3, slots: 12 });
  submitMany(harness, 3);
  t.same(sizes(harness), [1, 1, 1]);
});

t.test('a lone login begins at once in the last free slot', async (t) => {
  const harness = createHarness({ slots: 4 });
  submitMany(harness, 4);
  await harness.finishOne();
  await harness.finishOne();
  t.same(sizes(harness), [1, 1, 2]);
  harness.submit('a');
  t.same(harness.begun.at(-1), ['a']);
});

t.test('while waits are short, slots are left until there are enough for a full group', async (t) => {
  const harness = createHarness();
  submitMany(harness, 2 + 4);
  await harness.finishOne();
  t.equal(harness.running.length, 1, 'three slots are free, and four wait');
  await harness.finishOne();
  t.same(sizes(harness), [1, 1, 4]);
});

t.test('when waits grow, all that can run runs', async (t) => {
  const harness = createHarness();
  // Five groups of four, one after the other, are a second.
  submitMany(harness, 2 + 30);
  await harness.finishOne(BATCH_MS);
  t.same(sizes(harness), [1, 1, 3]);
  await harness.finishOne(0);
  t.same(sizes(harness), [1, 1, 3, 1]);
});

const LAYOUTS = {
  'all threads share the slots alike where that does more': { batchMs: [95, 133, 166], largest: 2 },
  'groups are as large as they can be where that does more': { batchMs: [95, 150, 155], largest: 3 },
};

for (const [what, { batchMs, largest }] of Object.entries(LAYOUTS)) {
  t.test(`when waits are long, ${what}`, async (t) => {
    const harness = new QueueHarness({ threads: 2, groupSize: 3, slots: 4, maxWaitMs: 1_000_000 });
    harness.queue.expect(batchMs);
    submitMany(harness, 100);
    for (let i = 0; i < 10; i++) await harness.finishOne(batchMs[largest - 1]);
    const underWay = harness.running.map(({ accounts }) => accounts.length).toSorted();
    t.same(underWay, [4 - largest, largest]);
    await harness.finishAll();
    t.equal(harness.endings.length, 100);
  });
}

t.test('who arrives while slots are left may make waits long enough to use them', async (t) => {
  const harness = createHarness();
  submitMany(harness, 2 + 19);
  await harness.finishOne(BATCH_MS);
  t.same(sizes(harness), [1, 1]);
  harness.submit('twentieth');
  t.same(sizes(harness), [1, 1, 3]);
});

t.test('with nothing under way, what fits begins', async (t) => {
  const harness = createHarness({ threads: 1, slots: 3 });
  submitMany(harness, 1 + 8);
  await harness.finishAll();
  t.same(sizes(harness), [1, 3, 3, 2]);
});

t.test('one slot serves any number of threads, one after the other', async (t) => {
  const harness = createHarness({ threads: 4, slots: 1 });
  submitMany(harness, 5);
  await harness.finishAll();
  t.same(sizes(harness), [1, 1, 1, 1, 1]);
});

t.test('no slot is ever in two batches, and in the end all are free', async (t) => {
  for (const slots of [1, 2, 3, 4, 5, 8, 13]) {
    const harness = createHarness({ slots, maxWaitMs: 60_000 });
    let overlaps = 0;
    await harness.play(
      (size) => 50 + 50 * size,
      100,
      (step) => {
        submitMany(harness, (step * 7) % 4, `step ${step}`);
        const { occupied } = harness;
        if (new Set(occupied).size !== occupied.length || occupied.length > slots) overlaps++;
      },
    );
    t.equal(overlaps, 0);
    t.equal(harness.queue.waiting, 0, `${slots} slots: everyone was served`);
  }
});

t.test('slots that are released later are used from then on', async (t) => {
  const harness = createHarness({ threads: 1, slots: 1 });
  submitMany(harness, 1 + 3);
  harness.queue.release({ memory: 0, indexes: [1, 2] });
  await harness.finishOne();
  t.same(sizes(harness), [1, 1], 'it was told of one slot');
  const roomy = new QueueHarness({ threads: 1, slots: 3, groupSize: 1 });
  submitMany(roomy, 1 + 3);
  roomy.queue.groupSize = 3;
  await roomy.finishOne();
  t.same(sizes(roomy), [1, 3], 'and groups may get larger');
});

t.test('the slots of a thread that died are wiped before they are used again', async (t) => {
  const harness = createHarness({ threads: 1, slots: 1, holdWipes: true });
  submitMany(harness, 2);
  harness.running.shift()?.die(new Error('worker exited with code: 1'));
  await settle();
  t.match(harness.wiping, [{ slots: { memory: 0, indexes: [0] } }]);
  t.same(sizes(harness), [1]);
  harness.wiping.pop()?.end();
  await settle();
  t.same(sizes(harness), [1, 1]);
});

t.test('others go on in their own slots meanwhile', async (t) => {
  const harness = createHarness({ slots: 2, groupSize: 1, holdWipes: true });
  submitMany(harness, 3);
  harness.running.shift()?.die(new Error('worker exited with code: 1'));
  await settle();
  await harness.finishOne();
  t.same(sizes(harness), [1, 1, 1]);
});

t.test('a wipe that fails as well does not lose the slots', async (t) => {
  const harness = createHarness({ threads: 1, slots: 1, holdWipes: true });
  submitMany(harness, 2);
  harness.running.shift()?.die(new Error('worker exited with code: 1'));
  await settle();
  harness.wiping.pop()?.fail();
  await settle();
  t.same(sizes(harness), [1, 1]);
});

t.test('one failure in a group leaves the three others unharmed', async (t) => {
  const harness = createHarness({ threads: 1 });
  submitMany(harness, 1 + 4);
  await harness.finishOne();
  const group = harness.running.shift();
  group?.finish(
    group.accounts.map((account, i) =>
      i === 2
        ? { failure: 'RangeError' }
        : { reply: { verifier: Buffer.from(account), unwrapBKey: new Uint8Array(32) } },
    ),
  );
  await settle();
  const endings = harness.endings.map(({ account, ending }) => ending === `stretched ${account}`);
  t.same(endings.toSorted(), [false, true, true, true, true]);
  t.match(harness.events.at(-1), { type: 'finished', batchSize: 4, failed: 1 });
});
