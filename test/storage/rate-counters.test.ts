import t from 'tap';
import { MemoryRateCounters, type RateKey } from '../../storage/rate-counters.js';

const WINDOW = { name: 'test', seconds: 60 };
const KEY: RateKey = [WINDOW, 'key'];

function openCounters() {
  const clock = { ms: 1000 };
  return { clock, counters: new MemoryRateCounters(() => clock.ms) };
}

t.test('a window starts with its first count and ends after its length', async (t) => {
  const { clock, counters } = openCounters();
  t.same((await counters.add([KEY, KEY])).counts, [
    { count: 1, resetMs: 60_000 },
    { count: 2, resetMs: 60_000 },
  ]);
  clock.ms += 59_999;
  t.same((await counters.add([KEY])).counts, [{ count: 3, resetMs: 1 }]);
  clock.ms += 1;
  t.same((await counters.add([KEY])).counts, [{ count: 1, resetMs: 60_000 }]);
});

t.test('windows of one key are counted separately', async (t) => {
  const { counters } = openCounters();
  await counters.add([KEY]);
  t.match(await counters.add([[{ name: 'other', seconds: 5 }, 'key']]), { counts: [{ count: 1 }] });
});

t.test('a count is restored once', async (t) => {
  const { counters } = openCounters();
  const { restore } = await counters.add([KEY]);
  await counters.add([KEY]);
  for (let i = 0; i < 2; i++) await restore();
  t.match(await counters.add([KEY]), { counts: [{ count: 2 }] });
});

t.test('a count that is restored after its window allows no extra event', async (t) => {
  const { clock, counters } = openCounters();
  const [first, second] = [await counters.add([KEY]), await counters.add([KEY])];
  clock.ms += 60_000;
  await first.restore();
  t.match(await counters.add([KEY]), { counts: [{ count: 1 }] }, 'before the next window');
  await second.restore();
  t.match(await counters.add([KEY]), { counts: [{ count: 2 }] }, 'in the next window');
});
