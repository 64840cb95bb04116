import t from 'tap';
import { simdSupported } from '../../../../protocol/scrypt-kernel.js';
import { readKernel } from '../../../../workers/kernel/load-kernel.js';
import {
  choosePlan,
  measureKernel,
  measureOnlyWay,
} from '../../../../workers/thread/engines/measure-plan.js';

const withSimd = { skip: !simdSupported() && 'no WebAssembly SIMD here' };

const single = (scalar: number, vector: number, openssl: number) => [
  { method: 'scalar' as const, ms: scalar },
  { method: 'vector' as const, ms: vector },
  { method: 'openssl' as const, ms: openssl },
];

t.test('slow vectors: one hash in scalar operations, and four together', async (t) => {
  t.match(choosePlan({ single: single(3, 6, 5), groups: [6, 6.3, 7] }), { single: 'scalar', groupSize: 4 });
});

t.test('fast vectors that two hashes fill: one hash in vectors, and pairs', async (t) => {
  t.match(choosePlan({ single: single(5, 4, 9), groups: [5, 7.4, 9.8] }), { single: 'vector', groupSize: 2 });
});

t.test('a size that is no gain is passed over for a larger one that is', async (t) => {
  t.match(choosePlan({ single: single(3, 6, 5), groups: [6, 9, 8] }), { groupSize: 4 });
});

t.test('where company saves nothing, each is stretched alone', async (t) => {
  t.match(choosePlan({ single: single(3, 6, 2), groups: [6, 9, 12] }), { single: 'openssl', groupSize: 1 });
  t.match(choosePlan({ single: single(3, 6, 5), groups: [] }), { groupSize: 1 });
});

t.test('the plan expects a batch of each size to take as much longer as its samples', async (t) => {
  const { expectedMs } = choosePlan({ single: single(1, 2, 2), groups: [1.5, 2] });
  t.equal(expectedMs.length, 3);
  const [one, two, three] = expectedMs as [number, number, number];
  t.ok(one > 256 && one < two && two < three);
});

t.test('a measurement ends with a plan for this machine', withSimd, async (t) => {
  const module = new WebAssembly.Module(readKernel('shared'));
  for (const largestGroup of [1, 4]) {
    let samples = 0;
    const plan = measureKernel(module, largestGroup, () => samples++);
    t.ok(samples > 0 && samples <= 60);
    t.equal(plan.single, 'openssl', 'it takes no time here');
    t.ok(plan.groupSize <= largestGroup);
    t.equal(plan.expectedMs.length, plan.groupSize);
  }
  t.match(
    measureOnlyWay('scrypt-js', () => {}),
    { single: 'scrypt-js', groupSize: 1 },
  );
});
