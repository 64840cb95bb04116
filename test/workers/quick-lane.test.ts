import { readFileSync } from 'node:fs';
import t from 'tap';
import { fromHex, toHex } from '../../protocol/hex.js';
import { bigintModPow, computeA, computeB, computeClientProof } from '../../protocol/srp.js';
import { QuickLane, type QuickLaneOptions, type QuickThreadDied } from '../../workers/quick-lane.js';

const { srp, stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const verifier = fromHex(srp.verifier);
/** What the vectors' server holds after auth/start, and what their client sends to auth/finish. */
const exchange = () => ({
  verifier,
  b: fromHex(srp.b),
  B: fromHex(srp.B),
  A: fromHex(srp.A),
  M: fromHex(srp.M),
});

function startQuickLane(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<QuickLaneOptions> = {},
) {
  const events: QuickThreadDied[] = [];
  const observe = (event: QuickThreadDied) => events.push(event);
  const quickLane = new QuickLane({ modPow: 'openssl', threads: 1, observe, ...options });
  t.teardown(() => quickLane.close());
  return { quickLane, events };
}

for (const modPow of ['openssl', 'jsbn'] as const) {
  t.test(`the proof of the vectors buys their K (${modPow})`, async (t) => {
    const { quickLane } = startQuickLane(t, { modPow });
    const { K } = await quickLane.run('srpFinish', exchange());
    t.equal(K && toHex(K), srp.K);
  });

  t.test(`B is computed from a fresh b (${modPow})`, async (t) => {
    const { quickLane } = startQuickLane(t, { modPow });
    const starts = await Promise.all([1, 2].map(() => quickLane.run('srpStart', { verifier })));
    for (const { b, B } of starts) t.equal(toHex(B), toHex(computeB(bigintModPow, verifier, b)));
    t.equal(new Set(starts.map(({ b }) => toHex(b))).size, 2);
    t.ok(starts.every(({ b }) => b.length >= 32));
  });
}

t.test('a client that knows the password and the server come to the same K', async (t) => {
  const { quickLane } = startQuickLane(t);
  const { b, B } = await quickLane.run('srpStart', { verifier });
  const a = fromHex(srp.a);
  const A = computeA(bigintModPow, a);
  const client = computeClientProof(bigintModPow, {
    a,
    A,
    B,
    srpSalt: fromHex(srp.srpSalt),
    email: fromHex(stretching.email),
    srpPW: fromHex(stretching.srpPW),
  });
  const { K } = await quickLane.run('srpFinish', { verifier, b, B, A, M: client.M });
  t.equal(K && toHex(K), toHex(client.K));
});

t.test('a wrong proof buys nothing, wherever it is wrong', async (t) => {
  const { quickLane } = startQuickLane(t);
  for (const place of [0, 15, 31]) {
    const M = fromHex(srp.M);
    M[place] = (M[place] as number) ^ 1;
    t.same(await quickLane.run('srpFinish', { ...exchange(), M }), { K: undefined });
  }
  t.same(await quickLane.run('srpFinish', { ...exchange(), M: fromHex(srp.M).slice(0, 31) }), {
    K: undefined,
  });
});

t.test('an operation that throws is told as such, and the thread lives on', async (t) => {
  const { quickLane, events } = startQuickLane(t);
  const zeroA = quickLane.run('srpFinish', { ...exchange(), A: new Uint8Array(256) });
  await t.rejects(zeroA, { code: 'QUICK_LANE_FAILED', message: 'srpFinish failed' });
  const { K } = await quickLane.run('srpFinish', exchange());
  t.equal(K && toHex(K), srp.K);
  t.same(events, []);
});

t.test('a thread that is killed fails what it holds at most, is replaced and reported', async (t) => {
  const { quickLane, events } = startQuickLane(t);
  const outcomes = Promise.allSettled(
    Array.from({ length: 50 }, () => quickLane.run('srpFinish', exchange())),
  );
  await quickLane.threads[0]?.terminate();
  const failed = (await outcomes).filter(({ status }) => status === 'rejected');
  // One in work and one at hand.
  t.ok(failed.length >= 1 && failed.length <= 2, `${failed.length} of 50`);
  for (const outcome of failed) t.match(outcome, { reason: { code: 'QUICK_LANE_FAILED' } });
  t.same(events, [{ type: 'threadDied' }]);
});

t.test('threads that are told to end do not count as dead, and fail what they hold', async (t) => {
  const { quickLane, events } = startQuickLane(t);
  const finish = t.rejects(quickLane.run('srpFinish', exchange()), { code: 'QUICK_LANE_FAILED' });
  await quickLane.close();
  await finish;
  t.same(events, []);
});
