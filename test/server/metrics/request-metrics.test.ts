import { request } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { createAccount, login, makeEmail, toHex, verifyAccount } from '../../support/api/accounts.js';
import { type Call, send, sign } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { scrape, scrapeUntil } from '../../support/metrics/scrape.js';

const REQUESTS = 'keyserver_http_requests_total';
const DURATIONS = 'keyserver_http_request_duration_seconds';

t.test('requests are timed, and counted by route, method, status and errno', async (t) => {
  const server = await startServer(t);
  const account = await createAccount(server);
  const { sessionToken: token } = await login(server, account);
  for (let i = 0; i < 3; i++) {
    await send(server, '/v1/recovery_email/status', {
      method: 'GET',
      signer: { type: 'sessionToken', token },
    });
  }
  await send(server, '/v1/auth/start', { body: { email: toHex(makeEmail()) } });
  await send(server, '/v1/account/create', { body: {} });

  const status = { route: '/v1/recovery_email/status', method: 'GET', status: 200 };
  const seen = await scrapeUntil(server, ({ has }) =>
    has(REQUESTS, { route: '/v1/account/create', errno: 108 }),
  );
  t.equal(seen.read(REQUESTS, { ...status, errno: 0 }), 3);
  t.equal(seen.read(`${DURATIONS}_count`, status), 3);
  t.ok(seen.read(`${DURATIONS}_sum`, status) > 0);
  t.equal(seen.read(REQUESTS, { route: '/v1/auth/start', method: 'POST', status: 400, errno: 102 }), 1);
  t.match(seen.type, /^text\/plain; version=0\.0\.4/);
});

t.test('values invented by clients create no series', async (t) => {
  const server = await startServer(t);
  const paths = ['/', '/v1/account/create', '/v1/nowhere', '/v1/account/create/x', '/metrics?x=1'];
  const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PROPFIND', 'SEARCH'];
  const made = paths.flatMap((path) =>
    methods.map((method) => ({ path: `${path}${path === '/' ? 'zzz' : ''}`, method })),
  );
  for (const { path, method } of made) await send(server, path, { method } as Call);
  const seen = await scrapeUntil(server, ({ samples }) => {
    const counted = samples.filter(({ name }) => name === REQUESTS);
    return counted.reduce((sum, { value }) => sum + value, 0) >= made.length;
  });
  const requests = seen.samples.filter(({ name }) => name === REQUESTS);
  t.same(new Set(requests.map(({ labels }) => labels.method)), new Set(['GET', 'POST', 'other']));
  t.same(
    new Set(requests.map(({ labels }) => labels.route)),
    new Set(['none', '/v1/account/create', '/metrics']),
  );
});

t.test('an event stream is counted while it is open, and not timed', async (t) => {
  const server = await startServer(t);
  const account = await createAccount(server, { verified: false });
  const { sessionToken: token } = await login(server, account);
  const path = '/v1/recovery_email/status';
  const call: Call = { method: 'GET' };
  const ended = new Promise<void>((resolve, reject) => {
    const headers = {
      Accept: 'text/event-stream',
      Authorization: sign(server, path, call, { type: 'sessionToken', token }),
    };
    const stream = request(server.url + path, { headers }, (response) => {
      response.resume().once('end', resolve);
    });
    stream.once('error', reject).end();
  });
  await scrapeUntil(server, ({ read }) => read('keyserver_event_streams') === 1);
  await verifyAccount(server, account.uid);
  await ended;
  const seen = await scrapeUntil(server, ({ has }) => has(REQUESTS, { route: path }));
  t.equal(seen.read(REQUESTS, { route: path, status: 200 }), 1);
  t.notOk(seen.has(`${DURATIONS}_count`, { route: path }));
  t.equal(seen.read('keyserver_event_streams'), 0);
});

t.test('a client that disconnects before its reply is counted as such', async (t) => {
  const server = await startServer(t, { STRETCH_THREADS: '1' });
  const body = JSON.stringify({ email: toHex(makeEmail()), password: 'correct horse' });
  const path = '/v1/raw_password/account/create';
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const leaving = request(server.url + path, { method: 'POST', headers });
  leaving.on('error', () => {});
  leaving.end(body);
  const { inFlight } = server.services;
  while (inFlight.countAhead('') === 0) await nextTurn();
  leaving.destroy();
  const seen = await scrapeUntil(server, ({ has }) => has(REQUESTS, { route: path }));
  t.equal(seen.read(REQUESTS, { route: path, method: 'POST', status: 499, errno: 0 }), 1);
});

t.test('open connections are counted', async (t) => {
  const server = await startServer(t);
  t.ok((await scrape(server)).read('keyserver_http_connections') >= 1);
});
