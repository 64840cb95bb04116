import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { createHttpServer } from '../../../server/http/http-server.js';
import { RawConnection, writeGet, writePost } from '../../support/api/raw-connection.js';
import { send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';

const MAX_PIPELINED = 8;

const countRequests = ({ logLines }: TestServer) =>
  logLines.filter((line) => JSON.parse(line).event === 'request').length;

const FLOODS = {
  'the OpenAPI document': writeGet('/v1/openapi.json'),
  'random bytes': writePost('/v1/get_random_bytes', {}),
  'logins without a body':
    'POST /v1/raw_password/session/create HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n',
  'pages with a long Accept-Language': writeGet('/', { 'Accept-Language': 'xx,'.repeat(2000) }),
};

t.test('a connection that pipelines more than 8 requests is closed, and the rest is dropped', async (t) => {
  const server = await startServer(t);
  for (const request of Object.values(FLOODS)) {
    const connection = await RawConnection.open(server.url);
    connection.write(request.repeat(500));
    await connection.closed();
  }
  // Its log line follows those of all earlier requests.
  t.equal((await send(server, '/__version__', { method: 'GET' })).status, 200);
  await waitUntil(() => server.logLines.some((line) => line.includes('/__version__')));
  t.ok(countRequests(server) <= Object.keys(FLOODS).length * MAX_PIPELINED + 1);
});

t.test('8 pipelined requests are answered in order', async (t) => {
  const server = await startServer(t);
  const connection = await RawConnection.open(server.url);
  connection.write(writeGet('/__version__') + writeGet('/__lbheartbeat__').repeat(MAX_PIPELINED - 1));
  t.match((await connection.readReply())?.body, /version/);
  for (let i = 1; i < MAX_PIPELINED; i++) t.equal((await connection.readReply())?.body, '{}');
  connection.hangUp();
});

/** Its reply fills every buffer on the way to the client. */
async function startLarge(t: Test, maxConnections: number): Promise<string> {
  const { server, connections } = createHttpServer({ maxConnections, now: Date.now, publicUrl: () => '' });
  const large = Buffer.alloc(64 * 2 ** 20);
  connections.serve(({ url }, response) => void response.end(url === '/large' ? large : 'small'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('at the cap, connections with unread replies do not block others', async (t) => {
  const url = await startLarge(t, 5);
  for (let i = 0; i < 5; i++) {
    const connection = await RawConnection.open(url);
    t.teardown(() => connection.hangUp());
    connection.stopReading();
    connection.write(writeGet('/large'));
  }
  for (let i = 0; i < 5; i++) {
    const connection = await RawConnection.open(url);
    t.teardown(() => connection.hangUp());
    connection.write(writeGet('/'));
    t.equal((await connection.readReply())?.status, 200);
  }
});

t.test('a reset after CONNECT ends only its connection', async (t) => {
  const { server, connections } = createHttpServer({ maxConnections: 5, now: Date.now, publicUrl: () => '' });
  connections.serve(() => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write(`${writeGet('/')}CONNECT example.org:443 HTTP/1.1\r\n\r\n`);
  const [, socket] = (await once(server, 'connect')) as [unknown, Socket];
  const closed = new Promise((resolve) => socket.once('close', resolve));
  client.resetAndDestroy();
  await closed;
  t.pass('the error had a listener');
});

t.test('at the cap, the longest idle connection of the source with most is closed', async (t) => {
  const url = await startLarge(t, 5);
  const open = async (from: string) => {
    const connection = await RawConnection.open(url, from);
    t.teardown(() => connection.hangUp());
    connection.write(writeGet('/'));
    t.equal((await connection.readReply())?.status, 200, from);
    return connection;
  };
  const modest = await open('127.0.0.2');
  const greedy: RawConnection[] = [];
  for (let i = 0; i < 8; i++) greedy.push(await open('127.0.0.3'));
  await waitUntil(() => greedy.filter(({ isClosed }) => isClosed).length === 4);
  t.ok(
    greedy.slice(0, 4).every(({ isClosed }) => isClosed),
    'the longest idle connections are closed',
  );
  t.notOk(modest.isClosed);
});

t.test('every request except health checks counts as a request', async (t) => {
  for (const path of ['/', '/v1/openapi.json', '/metrics', '/assets/style.css', '/unknown']) {
    const server = await startServer(t, { RATE_LIMITS: 'on', LIMIT_REQUESTS_OF_SOURCE: '2/60' });
    const get = (target: string) => fetch(server.url + target).then(({ status }) => status);
    for (let i = 0; i < 2; i++) t.not(await get(path), 429);
    t.equal(await get(path), 429, path);
    for (const check of ['/__heartbeat__', '/__lbheartbeat__', '/__version__'])
      t.equal(await get(check), 200);
    await server.close();
  }
});

t.test('metrics are rendered once a second', async (t) => {
  let nowMs = Date.now();
  const clock = { now: () => nowMs, advance: () => {} };
  const server = await startServer(t, {}, clock);
  const scrape = async () => (await fetch(`${server.url}/metrics`)).text();
  const first = await scrape();
  nowMs += 999;
  t.equal(await scrape(), first);
  nowMs += 1;
  t.not(await scrape(), first);
});

t.test('the OpenAPI document is sent once to a client that caches it', async (t) => {
  const server = await startServer(t);
  const connection = await RawConnection.open(server.url);
  connection.write(writeGet('/v1/openapi.json'));
  const etag = (await connection.readReply())?.headers.etag ?? '';
  t.ok(etag);
  connection.write(writeGet('/v1/openapi.json', { 'If-None-Match': etag }));
  t.match(await connection.readReply(), { status: 304, body: '' });
  connection.hangUp();
});
