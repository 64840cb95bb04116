import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fromHex, toHex } from '../../protocol/hex.js';
import { bigintModPow, computeA, computeB, computeClientProof } from '../../protocol/srp.js';
import { CryptoPool, type CryptoPoolOptions } from '../../workers/crypto-pool.js';

const { srp, stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const verifier = fromHex(srp.verifier);
const client = { source: '192.0.2.1' };
/** Operations of each thread: one runs, one is queued. */
const HELD = 2;
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
  const events: { type: string }[] = [];
  const observe = (event: { type: string }) => {
    if (event.type === 'threadDied' || event.type === 'refused') events.push(event);
  };
  const cryptoPool = new CryptoPool({ modPow: 'openssl', threads: 1, observe, ...options });
  t.teardown(() => cryptoPool.close());
  return { cryptoPool, events };
}

for (const modPow of ['openssl', 'jsbn'] as const) {
  t.test(`the proof of the vectors returns their K (${modPow})`, async (t) => {
    const { cryptoPool } = startCryptoPool(t, { modPow });
    const { K } = await cryptoPool.run('srpFinish', exchange(), client);
    t.equal(K && toHex(K), srp.K);
  });

  t.test(`B uses a new b (${modPow})`, async (t) => {
    const { cryptoPool } = startCryptoPool(t, { modPow });
    const starts = await Promise.all([1, 2].map(() => cryptoPool.run('srpStart', { verifier }, client)));
    for (const { b, B } of starts) t.equal(toHex(B), toHex(computeB(bigintModPow, verifier, b)));
    t.equal(new Set(starts.map(({ b }) => toHex(b))).size, 2);
    t.ok(starts.every(({ b }) => b.length >= 32));
  });
}

t.test('a client with the correct password and the server compute the same K', async (t) => {
  const { cryptoPool } = startCryptoPool(t);
  const { b, B } = await cryptoPool.run('srpStart', { verifier }, client);
  const a = fromHex(srp.a);
  const A = computeA(bigintModPow, a);
  const proof = computeClientProof(bigintModPow, {
    a,
    A,
    B,
    srpSalt: fromHex(srp.srpSalt),
    email: fromHex(stretching.email),
    srpPW: fromHex(stretching.srpPW),
  });
  const { K } = await cryptoPool.run('srpFinish', { verifier, b, B, A, M: proof.M }, client);
  t.equal(K && toHex(K), toHex(proof.K));
});

t.test('a proof with any wrong byte returns no K', async (t) => {
  const { cryptoPool } = startCryptoPool(t);
  for (const place of [0, 15, 31]) {
    const M = fromHex(srp.M);
    M[place] = (M[place] as number) ^ 1;
    t.same(await cryptoPool.run('srpFinish', { ...exchange(), M }, client), { K: undefined });
  }
  t.same(await cryptoPool.run('srpFinish', { ...exchange(), M: fromHex(srp.M).slice(0, 31) }, client), {
    K: undefined,
  });
});

t.test('an operation that throws rejects, and its thread continues', async (t) => {
  const { cryptoPool, events } = startCryptoPool(t);
  const zeroA = cryptoPool.run('srpFinish', { ...exchange(), A: new Uint8Array(256) }, client);
  await t.rejects(zeroA, { code: 'TASK_FAILED', message: /./ });
  const { K } = await cryptoPool.run('srpFinish', exchange(), client);
  t.equal(K && toHex(K), srp.K);
  t.same(events, []);
});

t.test('a killed thread fails only its tasks, is replaced and reported', async (t) => {
  const { cryptoPool, events } = startCryptoPool(t);
  const outcomes = Promise.allSettled(
    Array.from({ length: 50 }, () => cryptoPool.run('srpFinish', exchange(), client)),
  );
  await cryptoPool.threads[0]?.terminate();
  const failed = (await outcomes).filter(({ status }) => status === 'rejected');
  // One active, one queued.
  t.ok(failed.length >= 1 && failed.length <= 2, `${failed.length} of 50`);
  for (const outcome of failed) t.match(outcome, { reason: { code: 'TASK_FAILED' } });
  t.same(events, [{ type: 'threadDied' }]);
});

t.test('closing the pool fails running tasks and reports no death', async (t) => {
  const { cryptoPool, events } = startCryptoPool(t);
  const finish = t.rejects(cryptoPool.run('srpFinish', exchange(), client), { code: 'TASK_FAILED' });
  await cryptoPool.close();
  await finish;
  t.same(events, []);
});

/** Appends the source when the operation is done. */
function startOne(cryptoPool: CryptoPool, source: string, done: string[], signal?: AbortSignal) {
  return cryptoPool.run('srpStart', { verifier }, { source, ...(signal && { signal }) }).then(
    () => done.push(source),
    ({ code }) => done.push(code),
  );
}

t.test('beside 200 waiting operations of one source, the first of another is served next', async (t) => {
  const { cryptoPool } = startCryptoPool(t);
  await cryptoPool.start();
  const done: string[] = [];
  const greedy = Array.from({ length: 200 }, () => startOne(cryptoPool, 'greedy', done));
  await startOne(cryptoPool, 'modest', done);
  // Before it: the operations in the thread, and one of the greedy source. Replies can arrive together.
  t.ok(done.indexOf('modest') <= 2 * HELD, `after ${done.indexOf('modest')} operations`);
  await Promise.all(greedy);
  t.equal(done.filter((source) => source === 'greedy').length, 200, 'the greedy source is served as well');
});

t.test('a source that would wait too long is refused, another one is not', async (t) => {
  const { cryptoPool, events } = startCryptoPool(t);
  const done: string[] = [];
  const hangUp = new AbortController();
  // Each waiting operation adds a listener.
  setMaxListeners(0, hangUp.signal);
  for (let i = 0; i < 5000 && !events.length; i++) void startOne(cryptoPool, 'greedy', done, hangUp.signal);
  await t.rejects(cryptoPool.run('srpStart', { verifier }, { source: 'greedy' }), {
    code: 'CRYPTO_POOL_BUSY',
    waitMs: Number,
  });
  await startOne(cryptoPool, 'modest', done);
  t.ok(done.includes('modest'));

  t.comment('clients that disconnected leave nothing in the queue');
  hangUp.abort();
  await startOne(cryptoPool, 'modest', done);
  t.equal(cryptoPool.queue.waiting, 0);
  await startOne(cryptoPool, 'greedy', done);
  t.equal(done.at(-1), 'greedy');
});
