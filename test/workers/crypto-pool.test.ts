import { readFileSync } from 'node:fs';
import t from 'tap';
import { fromHex, toHex } from '../../protocol/hex.js';
import { bigintModPow, computeA, computeB, computeClientProof } from '../../protocol/srp.js';
import { CryptoPool, type CryptoPoolOptions, type CryptoThreadDied } from '../../workers/crypto-pool.js';

const { srp, stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const verifier = fromHex(srp.verifier);
/** State of the server after auth/start and the client's auth/finish, from the vectors. */
const exchange = () => ({
  verifier,
  b: fromHex(srp.b),
  B: fromHex(srp.B),
  A: fromHex(srp.A),
  M: fromHex(srp.M),
});

function startCryptoPool(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<CryptoPoolOptions> = {},
) {
  const events: CryptoThreadDied[] = [];
  const observe = (event: CryptoThreadDied) => events.push(event);
  const cryptoPool = new CryptoPool({ modPow: 'openssl', threads: 1, observe, ...options });
  t.teardown(() => cryptoPool.close());
  return { cryptoPool, events };
}

for (const modPow of ['openssl', 'jsbn'] as const) {
  t.test(`the proof of the vectors returns their K (${modPow})`, async (t) => {
    const { cryptoPool } = startCryptoPool(t, { modPow });
    const { K } = await cryptoPool.run('srpFinish', exchange());
    t.equal(K && toHex(K), srp.K);
  });

  t.test(`B uses a new b (${modPow})`, async (t) => {
    const { cryptoPool } = startCryptoPool(t, { modPow });
    const starts = await Promise.all([1, 2].map(() => cryptoPool.run('srpStart', { verifier })));
    for (const { b, B } of starts) t.equal(toHex(B), toHex(computeB(bigintModPow, verifier, b)));
    t.equal(new Set(starts.map(({ b }) => toHex(b))).size, 2);
    t.ok(starts.every(({ b }) => b.length >= 32));
  });
}

t.test('a client with the correct password and the server compute the same K', async (t) => {
  const { cryptoPool } = startCryptoPool(t);
  const { b, B } = await cryptoPool.run('srpStart', { verifier });
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
  const { K } = await cryptoPool.run('srpFinish', { verifier, b, B, A, M: client.M });
  t.equal(K && toHex(K), toHex(client.K));
});

t.test('a proof with any wrong byte returns no K', async (t) => {
  const { cryptoPool } = startCryptoPool(t);
  for (const place of [0, 15, 31]) {
    const M = fromHex(srp.M);
    M[place] = (M[place] as number) ^ 1;
    t.same(await cryptoPool.run('srpFinish', { ...exchange(), M }), { K: undefined });
  }
  t.same(await cryptoPool.run('srpFinish', { ...exchange(), M: fromHex(srp.M).slice(0, 31) }), {
    K: undefined,
  });
});

t.test('an operation that throws rejects, and its thread continues', async (t) => {
  const { cryptoPool, events } = startCryptoPool(t);
  const zeroA = cryptoPool.run('srpFinish', { ...exchange(), A: new Uint8Array(256) });
  await t.rejects(zeroA, { code: 'CRYPTO_POOL_FAILED', message: 'srpFinish failed' });
  const { K } = await cryptoPool.run('srpFinish', exchange());
  t.equal(K && toHex(K), srp.K);
  t.same(events, []);
});

t.test('a killed thread fails only its tasks, is replaced and reported', async (t) => {
  const { cryptoPool, events } = startCryptoPool(t);
  const outcomes = Promise.allSettled(
    Array.from({ length: 50 }, () => cryptoPool.run('srpFinish', exchange())),
  );
  await cryptoPool.threads[0]?.terminate();
  const failed = (await outcomes).filter(({ status }) => status === 'rejected');
  // One active, one queued.
  t.ok(failed.length >= 1 && failed.length <= 2, `${failed.length} of 50`);
  for (const outcome of failed) t.match(outcome, { reason: { code: 'CRYPTO_POOL_FAILED' } });
  t.same(events, [{ type: 'threadDied' }]);
});

t.test('closing the pool fails running tasks and reports no death', async (t) => {
  const { cryptoPool, events } = startCryptoPool(t);
  const finish = t.rejects(cryptoPool.run('srpFinish', exchange()), { code: 'CRYPTO_POOL_FAILED' });
  await cryptoPool.close();
  await finish;
  t.same(events, []);
});
