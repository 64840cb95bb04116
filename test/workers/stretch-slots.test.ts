import t from 'tap';
import { SLOT_BYTES } from '../../protocol/scrypt-parameters.js';
import { createSharedMemory } from '../../workers/kernel/load-kernel.js';
import { divideSlots, wipeSlots } from '../../workers/stretch-slots.js';

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

t.test('only the given slots are wiped', async (t) => {
  const memories = [1, 3].map((count) => createSharedMemory(count * SLOT_BYTES));
  const [other, bytes] = memories.map(({ buffer }) => Buffer.from(buffer).fill(1)) as [Buffer, Buffer];
  wipeSlots(memories, { memory: 1, indexes: [0, 2] });
  for (const [i, value] of [0, 1, 0].entries()) {
    t.ok(bytes.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES).equals(Buffer.alloc(SLOT_BYTES, value)));
  }
  t.ok(other.equals(Buffer.alloc(other.length, 1)));
  t.throws(() => wipeSlots(memories, { memory: 2, indexes: [0] }), { message: 'there is no memory 2' });
});
