import t from 'tap';
import { QueueHarness } from '../support/workers/queue-harness.js';

t.test('sources are served round robin, and requests of a source in order', async (t) => {
  const harness = new QueueHarness({ threads: 1, groupSize: 1 });
  harness.submit('first');
  for (const source of ['a', 'b', 'c']) {
    for (let i = 0; i < 4; i++) harness.submit(`${source}${i}`, { source });
  }
  await harness.finishAll();
  t.same(harness.begun.slice(1).flat().join(' '), 'a0 b0 c0 a1 b1 c1 a2 b2 c2 a3 b3 c3');
});

t.test('500 logins of one source delay the first login of another by one batch at most', async (t) => {
  const harness = new QueueHarness();
  for (let i = 0; i < 500; i++) harness.submit(`greedy ${i}`, { source: 'greedy' });
  await harness.finishOne();
  harness.submit('modest', { source: 'modest' });
  const begun = harness.begun.length;
  await harness.finishOne();
  await harness.finishOne();
  t.ok(harness.begun.slice(begun).flat().includes('modest'));
  await harness.finishAll();
  t.equal(harness.endings.length, 501, 'the greedy source is served, too');
});

t.test('a batch with a source’s last request is not filled with requests of others', async (t) => {
  const harness = new QueueHarness({ threads: 1, groupSize: 4 });
  for (let i = 0; i < 100; i++) harness.submit(`greedy ${i}`, { source: 'greedy' });
  await harness.finishOne();
  t.equal(harness.begun.at(-1)?.length, 4, 'one source alone fills batches');
  harness.submit('modest');
  await harness.finishOne();
  t.same(harness.begun.at(-1)?.toSorted(), ['greedy 5', 'modest']);
  await harness.finishOne();
  t.equal(harness.begun.at(-1)?.length, 4, 'and fills them again afterwards');
  for (const source of ['a', 'b', 'c']) harness.submit(`modest ${source}`);
  await harness.finishOne();
  t.same(harness.begun.at(-1)?.length, 4, 'sources with one request share a full batch');
  for (const i of [0, 1, 2, 3]) for (const source of ['a', 'b']) harness.submit(`more ${i}`, { source });
  await harness.finishOne();
  t.equal(harness.begun.at(-1)?.length, 4, 'sources with many requests share a full batch');
});

t.test('a source without requests is forgotten', async (t) => {
  const harness = new QueueHarness({ threads: 1, groupSize: 1 });
  harness.submit('first');
  for (let i = 0; i < 300; i++) {
    const hangUp = new AbortController();
    harness.submit('abandoned', { source: 'attacker', signal: hangUp.signal });
    hangUp.abort();
  }
  harness.submit('modest');
  await harness.finishAll();
  t.equal(harness.queue.waiting, 0);
  t.same(harness.begun, [['first'], ['modest']]);
});
