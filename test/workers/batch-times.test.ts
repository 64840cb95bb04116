import t from 'tap';
import { BatchTimes } from '../../workers/batch-times.js';

t.test('of sizes not timed yet, what was expected holds', async (t) => {
  const times = new BatchTimes();
  t.ok(times.of(1) > 0, 'a guess, as long as nothing is known');
  times.expect([100, 120, 150]);
  t.same(
    [1, 2, 3, 4].map((size) => times.of(size)),
    [100, 120, 150, 150],
  );
});

t.test(
  'the first timing corrects what is expected of every size, each new one the size it is of',
  async (t) => {
    const times = new BatchTimes();
    times.expect([100, 120, 150, 200]);
    times.learn(2, 240);
    t.same(
      [1, 2, 3, 4].map((size) => times.of(size)),
      [200, 240, 300, 400],
    );
    times.learn(4, 200);
    t.same(
      [1, 2, 4].map((size) => times.of(size)),
      [200, 240, 200],
    );
    t.equal(times.of(3), 300, 'of two timed sizes as near, the one that was timed first');
  },
);

t.test('estimates follow, a fifth of the way with each timing', async (t) => {
  const times = new BatchTimes();
  times.learn(1, 100);
  t.equal(times.of(2), 100, 'without expectations a size is as the next smaller one');
  times.learn(1, 200);
  t.equal(times.of(1), 120);
});
