import t from 'tap';
import { divideSlots } from '../../workers/stretch-slots.js';

t.test('every thread has the same number of slots, at most four', async (t) => {
  t.same(divideSlots(2, 8), [
    { memory: 0, indexes: [0, 1, 2, 3] },
    { memory: 0, indexes: [4, 5, 6, 7] },
  ]);
  t.same(divideSlots(2, 100).length, 2);
  t.same(
    divideSlots(3, 8).map(({ indexes }) => indexes),
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  );
});

t.test('with fewer slots than threads there are fewer allocations', async (t) => {
  t.same(divideSlots(4, 1), [{ memory: 0, indexes: [0] }]);
});

t.test('a batch’s slots are in one memory of 4 GiB', async (t) => {
  const allocations = divideSlots(64, 256);
  t.equal(allocations.length, 64);
  t.ok(allocations.every(({ indexes }) => indexes.length === 4 && Math.max(...indexes) < 63));
  const places = allocations.flatMap(({ memory, indexes }) => indexes.map((index) => `${memory}:${index}`));
  t.equal(new Set(places).size, 256);
  t.equal(Math.max(...allocations.map(({ memory }) => memory)), 4);
});
