import t from 'tap';
import { FreeSlots, spreadSlots } from '../../workers/stretch-slots.js';

t.test('slots are spread evenly over as few memories as hold them', async (t) => {
  t.same(spreadSlots(1), [1]);
  t.same(spreadSlots(63), [63]);
  t.same(spreadSlots(64), [32, 32]);
  t.same(spreadSlots(128).toSorted(), [42, 43, 43]);
});

t.test('a batch has all its slots in one memory', async (t) => {
  const free = new FreeSlots(2);
  free.release({ memory: 0, indexes: [0, 1, 2] });
  free.release({ memory: 1, indexes: [0, 1] });
  t.equal(free.most, 3);
  t.throws(() => free.take(4), { name: 'RangeError' });
  t.equal(free.take(3).memory, 0);
  t.equal(free.most, 2);
});

t.test('a small batch goes where it leaves room for a large one', async (t) => {
  const free = new FreeSlots(3);
  free.release({ memory: 0, indexes: [0, 1, 2, 3] });
  free.release({ memory: 1, indexes: [5] });
  free.release({ memory: 2, indexes: [0, 1, 2] });
  t.same(free.take(1), { memory: 1, indexes: [5] });
  t.same(free.take(2), { memory: 2, indexes: [0, 1] });
  t.equal(free.most, 4);
});
