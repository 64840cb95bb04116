import t from 'tap';
import type { SlotAllocation } from '../../workers/messages.js';
import { SlotWiper, WIPE_AFTER_MS } from '../../workers/slot-wiper.js';

const SLOTS: SlotAllocation = { memory: 1, indexes: [4, 5, 6, 7] };

function createWiper() {
  const wiped: number[] = [];
  const due = new Set<() => void>();
  const free = new Set([SLOTS]);
  const running: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const wiper = new SlotWiper({
    claim: (slots) => free.delete(slots),
    release: (slots) => free.add(slots),
    wipe: ({ indexes }) => {
      wiped.push(...indexes);
      return new Promise<void>((resolve, reject) => running.push({ resolve, reject }));
    },
    after: (ms, callBack) => {
      if (ms > WIPE_AFTER_MS) throw new Error('later than allowed');
      due.add(callBack);
      return () => due.delete(callBack);
    },
  });
  const passTime = () => {
    for (const callBack of [...due]) {
      due.delete(callBack);
      callBack();
    }
  };
  const settleWipe = async (error?: Error) => {
    const wipe = running.shift();
    if (error) wipe?.reject(error);
    else wipe?.resolve();
    await new Promise(setImmediate);
  };
  return { wiper, wiped, free, passTime, settleWipe };
}

t.test('idle slots that were used are wiped within 100 ms', async (t) => {
  const { wiper, wiped, passTime, settleWipe, free } = createWiper();
  t.equal(await wiper.begin(SLOTS, 3), 3);
  wiper.end(SLOTS, 3);
  t.same(wiped, []);
  passTime();
  t.same(wiped, [4, 5, 6]);
  t.notOk(free.has(SLOTS), 'slots are reserved while they are wiped');
  await settleWipe();
  t.ok(free.has(SLOTS));
  passTime();
  t.same(wiped, [4, 5, 6], 'once');
  t.equal(await wiper.begin(SLOTS, 1), 1);
  t.same(wiped, [4, 5, 6]);
  t.ok(WIPE_AFTER_MS <= 50);
});

t.test('the next stretch overwrites its slots, and the others are wiped beside it', async (t) => {
  const { wiper, wiped, passTime, settleWipe } = createWiper();
  await wiper.begin(SLOTS, 4);
  wiper.end(SLOTS, 4);
  const beginning = wiper.begin(SLOTS, 1);
  t.same(wiped, [5, 6, 7]);
  passTime();
  t.same(wiped, [5, 6, 7], 'no other slot while the stretch runs');
  await settleWipe();
  t.equal(await beginning, 1);
  wiper.end(SLOTS, 1);
  t.equal(await wiper.begin(SLOTS, 2), 2);
  t.same(wiped, [5, 6, 7]);
});

t.test('a wipe whose thread died is repeated', async (t) => {
  const { wiper, wiped, free, passTime, settleWipe } = createWiper();
  wiper.end(SLOTS, 4);
  const beginning = wiper.begin(SLOTS, 3);
  await settleWipe(new Error('died'));
  t.equal(await beginning, 4, 'the unused slot still counts');
  wiper.end(SLOTS, 4);
  passTime();
  await settleWipe(new Error('died'));
  t.ok(free.has(SLOTS));
  passTime();
  await settleWipe();
  t.same(wiped, [7, 4, 5, 6, 7, 4, 5, 6, 7]);
  passTime();
  t.equal(wiped.length, 9);
});

t.test(
  'slots that cannot be claimed, as their dead thread may still use them, are wiped later',
  async (t) => {
    const { wiper, wiped, free, passTime } = createWiper();
    wiper.end(SLOTS, 4);
    free.delete(SLOTS);
    passTime();
    passTime();
    t.same(wiped, []);
    free.add(SLOTS);
    passTime();
    t.same(wiped, [4, 5, 6, 7]);
  },
);

t.test('closing wipes the slots that can hold secrets, and nothing is wiped later', async (t) => {
  const { wiper, wiped, passTime, settleWipe } = createWiper();
  wiper.end(SLOTS, 3);
  const closing = wiper.close();
  t.same(wiped, [4, 5, 6]);
  passTime();
  wiper.end(SLOTS, 4);
  passTime();
  await settleWipe();
  await closing;
  t.same(wiped, [4, 5, 6]);
});

t.test('closing wipes the slots of a batch that was cut off', async (t) => {
  const { wiper, wiped, settleWipe } = createWiper();
  await wiper.begin(SLOTS, 2);
  const closing = wiper.close();
  t.same(wiped, [4, 5]);
  await settleWipe();
  await closing;
});
