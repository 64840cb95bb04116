import t from 'tap';
import { measureClosedLoop } from '../../../bench/measure/closed-loop.js';
import { interleave } from '../../../bench/measure/interleave.js';

const progress = { step() {}, at() {}, finish() {} };

t.test('competitors take turns, and rounds of warm-up are not counted', async (t) => {
  const calls: string[] = [];
  const competitors = (['A', 'B'] as const).map((name) => ({ name, run: () => calls.push(name) }));
  const timings = await interleave(competitors, { rounds: 2, warmUps: 1, atLeastMs: 0, progress });
  t.equal(calls.join(''), 'ABABAB');
  t.equal(timings.A.wallMs.length, 2);
  t.equal(timings.B.cpuMs.length, 2);
});

t.test('what is too short to time is repeated within its turn', async (t) => {
  let calls = 0;
  const competitor = { name: 'short', run: () => calls++ };
  await interleave([competitor], { rounds: 1, warmUps: 1, atLeastMs: 5, progress });
  t.ok(calls > 10);
});

t.test('a competitor that does two at once is timed for each', async (t) => {
  const competitors = [
    { name: 'one', run: () => spin(4) },
    { name: 'two', perRun: 2, run: () => spin(4) },
  ];
  const { one, two } = await interleave(competitors, { rounds: 1, warmUps: 0, atLeastMs: 0, progress });
  t.ok((one?.wallMs[0] as number) >= 4);
  t.ok((two?.wallMs[0] as number) >= 2);
});

t.test('a closed loop keeps so many tasks under way and counts from its warm-up on', async (t) => {
  let underWay = 0;
  let most = 0;
  let cpu = 0;
  const loop = await measureClosedLoop({
    clients: 3,
    warmUps: 6,
    count: 12,
    cpuSeconds: () => cpu,
    async task() {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
      cpu++;
    },
  });
  t.equal(most, 3);
  t.equal(loop.done, 12);
  t.equal(loop.cpuSeconds, 12);
  t.ok(loop.latenciesMs.length >= 9 && loop.latenciesMs.length <= 12);
});

t.test('a closed loop fails with its task', async (t) => {
  const task = async () => {
    throw new Error('refused');
  };
  await t.rejects(measureClosedLoop({ clients: 2, warmUps: 0, count: 1, cpuSeconds: () => 0, task }), {
    message: 'refused',
  });
});

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
