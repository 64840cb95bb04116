import t from 'tap';
import type { SlotAllocation } from '../../workers/messages.js';
import { SlotWiper, WIPE_AFTER_MS } from '../../workers/slot-wiper.js';

const SLOTS: SlotAllocation = { memory: 1, indexes: [4, 5, 6, 7] };

function createWiper() {
  const wiped: number[] = [];
  const due = new Set<() => void>();
  const free = new Set([SLOTS]);
  const gates: (() => void)[] = [];
  const wiper = new SlotWiper({
    claim: (slots) => free.delete(slots),
    release: (slots) => free.add(slots),
    wipe: async ({ indexes }) => {
      wiped.push(...indexes);
      await new Promise<void>((done) => gates.push(done));
    },
    after: (ms, callBack) => {
      if (ms > WIPE_AFTER_MS) throw new Error('later than allowed');
      due.add(callBack);
      return () => due.delete(callBack);
    },
  });
  const passTime = () => {
    for (const callBack of due) callBack();
    due.clear();
  };
  const finishWipes = async () => {
    for (let gate = gates.shift(); gate; gate = gates.shift()) {
      gate();
      await new Promise(setImmediate);
    }
  };
  return { wiper, wiped, free, passTime, finishWipes };
}

t.test('unused slots are wiped one at a time, within 100 ms', async (t) => {
  const { wiper, wiped, passTime, finishWipes, free } = createWiper();
  t.same(wiper.begin(SLOTS, 3).indexes, []);
  wiper.end(SLOTS, 3);
  t.same(wiped, []);
  passTime();
  t.equal(wiped.length, 1);
  t.notOk(free.has(SLOTS), 'slots are reserved while they are wiped');
  await finishWipes();
  t.same(wiped.sort(), [4, 5, 6]);
  t.ok(free.has(SLOTS));
  t.ok(WIPE_AFTER_MS <= 50);
});

t.test('the next stretch overwrites its slots, and the others are wiped before it', async (t) => {
  const { wiper, wiped, passTime, finishWipes } = createWiper();
  wiper.begin(SLOTS, 4);
  wiper.end(SLOTS, 4);
  t.same(wiper.begin(SLOTS, 1), { memory: 1, indexes: [5, 6, 7] });
  passTime();
  await finishWipes();
  t.same(wiped, []);
  wiper.end(SLOTS, 1);
  t.same(wiper.begin(SLOTS, 2).indexes, []);
});

t.test('a stretch that starts between two wipes stops them', async (t) => {
  const { wiper, wiped, free, passTime, finishWipes } = createWiper();
  wiper.begin(SLOTS, 4);
  wiper.end(SLOTS, 4);
  passTime();
  t.same(wiped, [7]);
  t.same(wiper.begin(SLOTS, 1).indexes, [5, 6]);
  free.delete(SLOTS);
  await finishWipes();
  t.same(wiped, [7]);
});

t.test('slots of a running batch are not wiped', async (t) => {
  const { wiper, wiped, free, passTime } = createWiper();
  wiper.end(SLOTS, 4);
  free.delete(SLOTS);
  passTime();
  t.same(wiped, []);
});

t.test('a closed wiper wipes nothing', async (t) => {
  const { wiper, wiped, passTime } = createWiper();
  wiper.end(SLOTS, 4);
  wiper.close();
  passTime();
  t.same(wiped, []);
});
