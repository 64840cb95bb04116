import t from 'tap';
import { interleave, measureCpuMs } from '../../../bench/measure/interleave.js';

t.test('competitors take turns, and rounds of warm-up are not counted', async (t) => {
  const calls: string[] = [];
  const steps: string[] = [];
  const measure = async ({ name }: { name: string }) => calls.push(name);
  const [a, b] = await interleave([{ name: 'A' }, { name: 'B' }], measure, {
    what: 'letters',
    rounds: 2,
    report: (step) => steps.push(step),
  });
  t.equal(calls.join(''), 'ABABAB');
  t.same(a, { name: 'A', samples: [3, 5] });
  t.same(b, { name: 'B', samples: [4, 6] });
  t.same(steps, ['letters: warm-up', 'letters: round 1 of 2', 'letters: round 2 of 2']);
});

t.test('an operation that is too short to time is repeated', async (t) => {
  let calls = 0;
  await measureCpuMs({ run: () => calls++ });
  t.ok(calls > 10);
});

t.test('CPU time is that of each result', async (t) => {
  t.ok((await measureCpuMs({ run: () => spin(30) })) >= 25);
  t.ok((await measureCpuMs({ perRun: 100, run: () => spin(30) })) < 10);
});

function spin(ms: number): void {
  const end = process.cpuUsage().user + 1000 * ms;
  while (process.cpuUsage().user < end);
}
