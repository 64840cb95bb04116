import { setMaxListeners } from 'node:events';
import t, { type Test } from 'tap';
import type { TaskClient } from '../../workers/task-queue.js';
import { accept, createAccount, login, startAuthentication, toHex } from '../support/api/accounts.js';
import { RSA_KEY } from '../support/api/certificates.js';
import { type Call, send } from '../support/api/send.js';
import { startServer } from '../support/api/start-server.js';
import { scrapeUntil } from '../support/metrics/scrape.js';
import { waitUntil } from '../support/wait-until.js';

const GREEDY = '192.0.2.1';
const MODEST = '192.0.2.2';
/** Stops the test if the queue has no limit. */
const MORE_THAN_WAIT = 5000;
const OPERATIONS = 'keyserver_crypto_operations_total';
const verifier = new Uint8Array(256).fill(1);

async function startBusyServer(t: Test) {
  const server = await startServer(t, { TRUST_PROXY: 'loopback', CRYPTO_THREADS: '1' });
  const account = await createAccount(server);
  const { cryptoPool } = server.services;
  const { queue } = cryptoPool;
  const run = cryptoPool.run.bind(cryptoPool);
  const end = new AbortController();
  // Each waiting operation adds a listener.
  setMaxListeners(0, end.signal);
  t.teardown(() => end.abort());
  function add(count: number): void {
    const client = { source: GREEDY, signal: end.signal };
    for (let i = 0; i < count; i++) run('srpStart', { verifier }, client).catch(() => {});
  }
  return {
    server,
    account,
    free: () => end.abort(),
    fill(): void {
      add(10);
      let before: number;
      do {
        before = queue.waiting;
        add(10);
      } while (queue.waiting === before + 10 && before < MORE_THAN_WAIT);
    },
    beforeEach(t: Test, callBack: (client: TaskClient) => unknown): void {
      t.intercept(cryptoPool, 'run', {
        value: async (...call: Parameters<typeof run>) => {
          if (!end.signal.aborted) await callBack(call[2]);
          return run(...call);
        },
      });
    },
    sendFrom: (source: string, path: string, call: Call) =>
      send(server, path, { ...call, headers: { 'X-Forwarded-For': source } }),
  };
}

t.test('auth/start does not wait for another source with a full queue', async (t) => {
  const { server, account, fill, beforeEach, sendFrom } = await startBusyServer(t);
  beforeEach(t, fill);
  const body = { email: toHex(account.email) };
  accept(await sendFrom(MODEST, '/v1/auth/start', { body }));
  t.ok(server.services.cryptoPool.queue.waiting > 0, 'the greedy source still waits');
});

t.test('a source that would wait too long gets 503, which consumes nothing', async (t) => {
  const busy = await startBusyServer(t);
  const { server, account, free, sendFrom } = busy;
  const { finish } = await startAuthentication(server, account);
  const { sessionToken: token } = await login(server, account);
  busy.beforeEach(t, busy.fill);
  for (const [path, call] of [
    ['/v1/auth/start', { body: { email: toHex(account.email) } }],
    ['/v1/auth/finish', { body: finish }],
    [
      '/v1/certificate/sign',
      { signer: { type: 'sessionToken', token }, body: { publicKey: RSA_KEY, duration: 60 } },
    ],
  ] as const) {
    const reply = await sendFrom(GREEDY, path, call);
    t.match(reply, { status: 503, body: { errno: 201, retryAfter: Number } }, path);
    t.ok(Number(reply.headers['retry-after']) >= 2, path);
  }
  const errors = server.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error');
  t.same(errors, [], 'a refusal is not a failure');
  await scrapeUntil(server, ({ read }) => read(OPERATIONS, { outcome: 'refused' }) >= 3);
  free();
  // A thread drops the disconnected operations when it takes its next one.
  await waitUntil(() => server.services.cryptoPool.queue.waiting === 0);
  t.equal((await sendFrom(GREEDY, '/v1/auth/finish', { body: finish })).status, 200);
});

t.test('an operation whose client disconnected is not run and consumes nothing', async (t) => {
  const busy = await startBusyServer(t);
  const { server, account, sendFrom } = busy;
  const { finish } = await startAuthentication(server, account);
  const hangUp = new AbortController();
  busy.beforeEach(t, async ({ signal }) => {
    hangUp.abort();
    await waitUntil(() => signal?.aborted === true);
  });
  await t.rejects(sendFrom(GREEDY, '/v1/auth/finish', { body: finish, signal: hangUp.signal }));
  await scrapeUntil(server, ({ read }) => read(OPERATIONS, { outcome: 'abandoned' }) === 1);
  busy.free();
  t.equal((await sendFrom(GREEDY, '/v1/auth/finish', { body: finish })).status, 200);
});
