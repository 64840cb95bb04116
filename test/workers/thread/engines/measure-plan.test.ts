import t from 'tap';
import { simdSupported } from '../../../../protocol/scrypt-kernel.js';
import { readKernel } from '../../../../workers/kernel/load-kernel.js';
import { choosePlan, measureKernel } from '../../../../workers/thread/engines/measure-plan.js';

const pbkdf2 = { kernel: 2, openssl: 1 };
const withSimd = { skip: !simdSupported() && 'no WebAssembly SIMD here' };

t.test('with slow vectors: one hash in scalar operations, four together', async (t) => {
  t.match(choosePlan({ pbkdf2, scalar: 3, vector: 6, groups: [6, 6.3, 7] }), {
    single: 'scalar',
    groupSize: 4,
  });
});

t.test('with vectors that two hashes fill: one hash in vectors, and pairs', async (t) => {
  t.match(choosePlan({ pbkdf2, scalar: 5, vector: 4, groups: [5, 7.4, 9.8] }), {
    single: 'vector',
    groupSize: 2,
  });
});

t.test('a batch size without gain is skipped for a larger one with gain', async (t) => {
  t.match(choosePlan({ pbkdf2, scalar: 3, vector: 6, groups: [6, 9, 8] }), { groupSize: 4 });
});

t.test('without gain from batches each password is stretched alone', async (t) => {
  t.match(choosePlan({ pbkdf2, scalar: 3, vector: 6, groups: [6, 9, 12] }), {
    single: 'scalar',
    groupSize: 1,
  });
  t.match(choosePlan({ pbkdf2, scalar: 3, vector: 6, groups: [] }), { groupSize: 1 });
});

t.test('PBKDF2 of one password uses the faster method', async (t) => {
  const times = { scalar: 3, vector: 6, groups: [] };
  t.match(choosePlan({ ...times, pbkdf2: { kernel: 2, openssl: 1 } }), { pbkdf2: 'openssl' });
  t.match(choosePlan({ ...times, pbkdf2: { kernel: 1, openssl: 2 } }), { pbkdf2: 'kernel' });
});

t.test('the expected time of a batch is proportional to its samples', async (t) => {
  const expect = (...groups: number[]) => choosePlan({ pbkdf2, scalar: 1, vector: 2, groups }).batchMs;
  const [one, two, three] = [expect(), expect(1.5), expect(1.5, 2)];
  t.ok(one > 256 && one < two && two < three);
});

t.test('a measurement gives a plan for this machine', withSimd, async (t) => {
  const module = new WebAssembly.Module(readKernel('shared'));
  for (const largestGroup of [1, 4]) {
    const plan = measureKernel(module, largestGroup);
    t.ok(plan.groupSize >= 1 && plan.groupSize <= largestGroup);
    t.ok(plan.batchMs > 8);
  }
});
