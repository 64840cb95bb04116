import t from 'tap';
import { makeEmail, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { scrape } from '../../support/metrics/scrape.js';
import { findFreePort } from '../../support/services/free-port.js';

t.test('only METRICS_PORT serves metrics, and also health checks', async (t) => {
  const metricsPort = await findFreePort();
  const server = await startServer(t, { METRICS_PORT: String(metricsPort) });
  t.equal(server.metricsUrl, `http://127.0.0.1:${metricsPort}`);
  t.ok((await scrape(server)).has('keyserver_build_info'));
  t.equal((await send(server, '/metrics', { method: 'GET' })).status, 404);
  const operators = { ...server, url: server.metricsUrl as string };
  for (const path of ['/__heartbeat__', '/__lbheartbeat__', '/__version__']) {
    t.equal((await send(server, path, { method: 'GET' })).status, 200, path);
    t.same(
      (await send(operators, path, { method: 'GET' })).body,
      (await send(server, path, { method: 'GET' })).body,
    );
  }
  const stranger = await send(operators, '/v1/get_random_bytes', { body: {} });
  t.equal(stranger.status, 404, 'it does not serve the API');
  t.equal(stranger.body.errno, 999);
  for (const path of ['/METRICS', '/metrics/'])
    t.equal((await send(operators, path, { method: 'GET' })).status, 404, path);
  await server.close();
  await t.rejects(fetch(`${server.metricsUrl}/__lbheartbeat__`));
});

t.test('with ENUMERATION_GUARD metrics are only on METRICS_PORT', async (t) => {
  const without = await startServer(t, { ENUMERATION_GUARD: 'on' });
  t.equal(without.metricsUrl, undefined);
  t.equal((await send(without, '/metrics', { method: 'GET' })).status, 404);
  const metricsPort = await findFreePort();
  const settings = { ENUMERATION_GUARD: 'on', METRICS_PORT: String(metricsPort) };
  t.ok((await scrape(await startServer(t, settings))).has('keyserver_build_info'));
});

t.test('a METRICS_PORT in use is reported', async (t) => {
  const server = await startServer(t);
  const port = new URL(server.url).port;
  await t.rejects(startServer(t, { METRICS_PORT: port }), {
    message: `METRICS_PORT: ${port} is in use on 127.0.0.1`,
  });
});

t.test('two servers in one process have separate metrics', async (t) => {
  const [one, other] = [await startServer(t), await startServer(t)];
  await send(one, '/v1/get_random_bytes', { body: {} });
  const route = { route: '/v1/get_random_bytes' };
  t.equal((await scrape(one)).read('keyserver_http_requests_total', route), 1);
  t.notOk((await scrape(other)).has('keyserver_http_requests_total', route));
});

t.test('exceeded limits are counted, also with RATE_LIMITS=log', async (t) => {
  // Another source than the scrapes, which are counted too.
  const headers = { 'X-Forwarded-For': '192.0.2.1' };
  const body = { email: toHex(makeEmail()), password: 'correct horse' };
  for (const mode of ['on', 'log']) {
    const server = await startServer(t, {
      RATE_LIMITS: mode,
      TRUST_PROXY: 'loopback',
      LIMIT_MAILS_TO_ADDRESS: '1/3600',
      LIMIT_REQUESTS_OF_SOURCE: '4/60',
    });
    const refused = String(mode === 'on');
    const limited = 'keyserver_rate_limited_total';
    t.equal((await scrape(server)).read(limited, { refused }), 0, 'exists from the start');
    await send(server, '/v1/raw_password/account/create', { body, headers });
    for (let i = 0; i < 2; i++)
      await send(server, '/v1/password/forgot/send_code', { body: { email: body.email }, headers });
    await send(server, '/v1/get_random_bytes', { body: {}, headers });
    await send(server, '/v1/get_random_bytes', { body: {}, headers });
    const seen = await scrape(server);
    t.equal(seen.read(limited, { limit: 'mailsToAddress', refused }), 1);
    t.equal(seen.read(limited, { limit: 'requestsOfSource', refused }), 1);
    t.equal(seen.read(limited), 2);
  }
});

t.test('the event loop delay covers the time since the last scrape', async (t) => {
  const server = await startServer(t);
  const delay = 'keyserver_event_loop_delay_seconds';
  await scrape(server);
  // A sample is the time between two ticks, so the first tick after a scrape gives none.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const until = performance.now() + 300;
  while (performance.now() < until);
  // The late tick comes with the next timers; a request on an open connection could be answered before them.
  await new Promise((resolve) => setTimeout(resolve, 1));
  const late = await scrape(server);
  t.ok(late.read(delay, { quantile: 1 }) > 0.2, 'the event loop was blocked for 0.3 s');
  t.ok(late.read(delay, { quantile: 0.5 }) <= late.read(delay, { quantile: 1 }));
  t.ok(late.read(delay, { quantile: 0.99 }) <= late.read(delay, { quantile: 1 }));
});

t.test('process metrics are reported', async (t) => {
  const seen = await scrape(await startServer(t));
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
  ]) {
    t.ok(seen.read(name) > 0, name);
  }
});
