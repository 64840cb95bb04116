import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createAccount, login, makeEmail, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { scrape, scrapeUntil } from '../../support/metrics/scrape.js';

const STRETCHES = 'keyserver_stretches_total';

function createRaw(server: TestServer) {
  const body = { email: toHex(makeEmail()), password: 'correct horse' };
  return send(server, '/v1/raw_password/account/create', { body });
}

/** One stretch thread of four slots, which has measured its plan. */
async function startStretching(t: Test): Promise<TestServer> {
  const server = await startServer(t, {
    STRETCH_THREADS: '1',
    STRETCH_MEMORY: '256',
    STRETCH_MAX_WAIT: '60',
  });
  await server.services.stretcher.ready();
  return server;
}

t.test('stretches are counted with wait, duration and batch size', async (t) => {
  const server = await startStretching(t);
  const before = await scrape(server);
  for (const outcome of ['done', 'failed', 'refused', 'abandoned']) {
    t.equal(before.read(STRETCHES, { outcome }), 0, `${outcome} exists from the start`);
  }
  const replies = await Promise.all(Array.from({ length: 5 }, () => createRaw(server)));
  t.same(new Set(replies.map(({ status }) => status)), new Set([200]));
  const seen = await scrape(server);
  t.equal(seen.read(STRETCHES, { outcome: 'done' }), 5);
  t.equal(seen.read('keyserver_stretch_wait_seconds_count'), 5);
  const batches = [1, 2, 3, 4].map((size) =>
    seen.read('keyserver_stretch_service_seconds_count', { batch_size: size }),
  );
  t.equal(
    batches.reduce((sum, count, i) => sum + count * (i + 1), 0),
    5,
  );
  t.ok((batches[0] as number) < 5, 'some waiting passwords are stretched in batches');
  const serviceSeconds = seen.read('keyserver_stretch_service_seconds_sum');
  t.ok(Math.abs(seen.read('keyserver_pool_busy_seconds_total', { pool: 'stretch' }) - serviceSeconds) < 1e-6);
  t.equal(seen.read('keyserver_pool_threads', { pool: 'stretch' }), 1);
  t.equal(seen.read('keyserver_pool_waiting', { pool: 'stretch' }), 0);
});

t.test('waiting passwords and the predicted wait are reported', async (t) => {
  const server = await startStretching(t);
  const creations = Array.from({ length: 4 }, () => createRaw(server));
  while (server.services.stretcher.queue.waiting < 3) await nextTurn();
  // Read at once: a scrape takes several turns of the event loop, and the queue changes meanwhile.
  const { inFlight, stretcher } = server.services;
  const { queue } = stretcher;
  const render = server.services.metrics.render();
  const [waiting, predictedMs] = [queue.waiting, queue.predictWaitMs(inFlight.countAhead(''))];
  const { text } = await render;
  t.match(text, `keyserver_pool_waiting{pool="stretch"} ${waiting}\n`);
  const shown = Number(/^keyserver_stretch_predicted_wait_seconds (\S+)$/m.exec(text)?.[1]);
  t.ok(Math.abs(shown - predictedMs / 1000) < 0.1, `${shown} s shown, ${predictedMs} ms predicted`);
  await Promise.all(creations);
});

t.test('refusals are counted', async (t) => {
  const server = await startServer(t, { STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '0.001' });
  const replies = await Promise.all(Array.from({ length: 4 }, () => createRaw(server)));
  const refused = replies.filter(({ status }) => status === 503).length;
  t.ok(refused > 0);
  const seen = await scrapeUntil(server, ({ read }) => read(STRETCHES, { outcome: 'refused' }) === refused);
  t.equal(seen.read(STRETCHES, { outcome: 'done' }), 4 - refused);
});

t.test('the crypto pool reports its work', async (t) => {
  const server = await startServer(t, { CRYPTO_THREADS: '1' });
  const account = await createAccount(server);
  const busy = async () =>
    (await scrape(server)).read('keyserver_pool_busy_seconds_total', { pool: 'crypto' });
  await login(server, account);
  const once = await busy();
  t.ok(once > 0);
  const started = performance.now();
  for (let i = 0; i < 20; i++) await login(server, account);
  const elapsed = (performance.now() - started) / 1000;
  const more = (await busy()) - once;
  // A login takes four exponentiations of 2048 bits: at least a millisecond.
  t.ok(more > 20 * 0.00025, `${more} s`);
  t.ok(more < 2 * elapsed, `${more} s of ${elapsed} s`);
  const seen = await scrape(server);
  t.equal(seen.read('keyserver_pool_threads', { pool: 'crypto' }), 1);
  t.equal(seen.read('keyserver_pool_waiting', { pool: 'crypto' }), 0);
});

t.test('dead threads are counted by pool', async (t) => {
  const server = await startServer(t);
  const { stretcher, cryptoPool } = server.services;
  await stretcher.ready();
  await cryptoPool.start();
  await stretcher.threads[0]?.terminate();
  await cryptoPool.threads[0]?.terminate();
  const deaths = 'keyserver_pool_thread_deaths_total';
  const seen = await scrapeUntil(server, ({ read }) => read(deaths) === 2);
  t.equal(seen.read(deaths, { pool: 'stretch' }), 1);
  t.equal(seen.read(deaths, { pool: 'crypto' }), 1);
  const told = server.logLines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'threadDied');
  t.same(told.map(({ pool }) => pool).sort(), ['crypto', 'stretch']);
});
