import { createServer } from 'node:http';
import { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { Connections } from '../../../server/http/connections.js';
import { makeEmail, toHex } from '../../support/api/accounts.js';
import { RawConnection, writeGet, writePost } from '../../support/api/raw-connection.js';
import { send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';
import { occupy } from '../../support/workers/stretch-outcomes.js';

const MAX_CONNECTIONS = 20;

function startSmallServer(t: Test, env: Record<string, string> = {}): Promise<TestServer> {
  return startServer(t, {
    MAX_CONNECTIONS: String(MAX_CONNECTIONS),
    STRETCH_THREADS: '1',
    STRETCH_MAX_WAIT: '3600',
    ...env,
  });
}

async function flood(t: Test, server: TestServer, sent: string, count = 3 * MAX_CONNECTIONS) {
  const connections: RawConnection[] = [];
  t.teardown(() => {
    for (const connection of connections) connection.hangUp();
  });
  for (let i = 0; i < count; i++) {
    const connection = await RawConnection.open(server.url);
    connection.write(sent);
    connections.push(connection);
  }
  return connections;
}

async function assertHealthy(t: Test, server: TestServer): Promise<void> {
  for (const path of ['/__lbheartbeat__', '/__heartbeat__']) {
    const connection = await RawConnection.open(server.url);
    connection.write(writeGet(path, { Connection: 'close' }));
    t.equal((await connection.readReply())?.status, 200, path);
  }
}

const FLOODS = {
  'that send nothing': '',
  'that begin to send headers': 'GET /v1/account/devices HTTP/1.1\r\nX-Slow: ',
  'that stay after a reply': writeGet('/__lbheartbeat__'),
  'that begin to send a body':
    'POST /v1/auth/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
  'that are refused before their body':
    'POST /v1/auth/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{',
};

t.test('health checks are answered during a flood of connections', async (t) => {
  const server = await startSmallServer(t);
  for (const [kind, sent] of Object.entries(FLOODS)) {
    await t.test(kind, async (t) => {
      const connections = await flood(t, server, sent);
      await waitUntil(() => connections.filter(({ isClosed }) => !isClosed).length <= MAX_CONNECTIONS);
      t.notOk(connections.at(-1)?.isClosed, 'the newest connection is open');
      t.ok(connections[0]?.isClosed, 'the oldest connection is closed');
      await assertHealthy(t, server);
      await flood(t, server, sent);
      await assertHealthy(t, server);
    });
  }
});

t.test('a connection that waits for a reply is not closed', async (t) => {
  const server = await startSmallServer(t);
  const body = { email: toHex(makeEmail()), password: 'a password' };
  await send(server, '/v1/raw_password/account/create', { body });
  const { stretcher } = server.services;
  for (const [kind, sent] of [
    ['its only request', ''],
    ['after an answered request', writeGet('/__lbheartbeat__')],
  ] as const) {
    const waiting = await RawConnection.open(server.url);
    occupy(server, 16);
    waiting.write(sent + writePost('/v1/raw_password/session/create', body));
    if (sent) t.equal((await waiting.readReply())?.status, 200);
    // Its reply shows that the server has read the earlier requests.
    await assertHealthy(t, server);
    await flood(t, server, '');
    t.ok(stretcher.queue.waiting > 0, 'the flood arrives while it waits');
    t.equal((await waiting.readReply())?.status, 200, kind);
  }
});

t.test('after a reply, a connection counts as idle again', async (t) => {
  const server = await startSmallServer(t);
  const connection = await RawConnection.open(server.url);
  for (let i = 0; i < 3; i++) {
    connection.write(writeGet('/__lbheartbeat__'));
    t.equal((await connection.readReply())?.status, 200);
  }
  await flood(t, server, '', MAX_CONNECTIONS);
  await connection.closed();
  t.pass('the longest idle connection is closed');
});

t.test('the connection that has been idle longest is closed, not the oldest', async (t) => {
  const server = await startSmallServer(t);
  const request = writeGet('/__lbheartbeat__');
  const connections = await flood(t, server, request, MAX_CONNECTIONS);
  for (const connection of connections) t.equal((await connection.readReply())?.status, 200);
  const [oldest, second] = connections as [RawConnection, RawConnection];
  oldest.write(request);
  t.equal((await oldest.readReply())?.status, 200);
  await flood(t, server, '', 1);
  await waitUntil(() => connections.some(({ isClosed }) => isClosed));
  t.same([oldest.isClosed, second.isClosed], [false, true]);
});

t.test('addresses of one IPv6 /56 are one source', async (t) => {
  const server = createServer();
  new Connections(server, { maxConnections: 3, unreadMs: 1000 });
  // Loopback has no two IPv6 addresses, so these sockets have an address without a connection.
  const connect = (remoteAddress: string) => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
    server.emit('connection', socket);
    return socket;
  };
  const sockets = ['192.0.2.1', '2001:db8:0:700::1', '2001:db8:0:7ff::1', '192.0.2.2'].map(connect);
  t.same(
    sockets.map(({ destroyed }) => destroyed),
    [false, true, false, false],
  );
  for (const socket of sockets) socket.destroy();
});

t.test('a complete request is answered whatever follows it', async (t) => {
  const server = await startServer(t);
  const email = toHex(makeEmail());
  const request = (headers = {}) => writePost('/v1/auth/start', { email }, headers);
  for (const [followed, sent, statuses] of [
    ['by random bytes', `${request()}random\r\n\r\n`, [400, 400]],
    ['by CONNECT', `${request()}CONNECT example.org:443 HTTP/1.1\r\n\r\n`, [400, 400]],
    ['by an invalid length', `${request()}${request({ 'Content-Length': '' })}`, [400, 400]],
    ['by another after `Connection: close`', request({ Connection: 'close' }) + request(), [400]],
    ['after HTTP/1.0 by another', request().replace('/1.1', '/1.0').repeat(2), [400]],
    ['by one that Upgrade hides', request({ Connection: 'Upgrade', Upgrade: 'h2c' }) + request(), [400]],
  ] as const) {
    const connection = await RawConnection.open(server.url);
    connection.write(sent);
    const replies = [];
    for (let reply = await connection.readReply(); reply; reply = await connection.readReply())
      replies.push(reply);
    t.match(JSON.parse(replies[0]?.body ?? '{}'), { errno: 102 }, followed);
    t.same(
      replies.map(({ status }) => status),
      statuses,
      followed,
    );
    t.ok(connection.isClosed, followed);
  }
});
