import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { createHttpServer, type HttpTimeouts } from '../../../server/http/http-server.js';
import type { RawReply } from '../../support/api/http-replies.js';
import { RawConnection, writeGet, writePost } from '../../support/api/raw-connection.js';

const NEVER_MS = 1e9;

async function startEcho(t: Test, timeouts: Partial<HttpTimeouts>): Promise<{ url: string; server: Server }> {
  const never = {
    headersMs: NEVER_MS,
    requestMs: NEVER_MS,
    keepAliveMs: NEVER_MS,
    stalledMs: NEVER_MS,
    unreadMs: NEVER_MS,
  };
  const options = { ...never, checkIntervalMs: 20, ...timeouts };
  const { server, connections } = createHttpServer({
    maxConnections: 100,
    timeouts: options,
    now: Date.now,
    publicUrl: () => 'https://accounts.example.org',
  });
  connections.serve(async (request, response) => {
    const body = await text(request).catch(() => '');
    response.end(request.url === '/large' ? 'x'.repeat(64 * 1024 * 1024) : body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function trickle(connection: RawConnection, text: string): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (connection.isClosed) clearInterval(timer);
    else connection.write(text[sent++ % text.length] as string);
  }, 10);
}

function assertTimedOut(t: Test, reply: RawReply | undefined): void {
  t.match(reply, { status: 408, headers: { 'content-type': /^application\/json/, connection: 'close' } });
  t.match(JSON.parse(reply?.body ?? '{}'), {
    code: 408,
    errno: 999,
    error: String,
    message: String,
    info: 'https://accounts.example.org/v1/openapi.json#/components/schemas/Error',
  });
}

t.test('a client that sends its headers too slowly gets an error and is disconnected', async (t) => {
  const { url } = await startEcho(t, { headersMs: 100 });
  const connection = await RawConnection.open(url);
  trickle(connection, 'GET / HTTP/1.1\r\nHost: localhost\r\nX: y\r\nX: y\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyy');
  assertTimedOut(t, await connection.readReply());
  await connection.closed();
});

t.test('a client that sends nothing gets an error and is disconnected', async (t) => {
  const { url } = await startEcho(t, { headersMs: 100 });
  const connection = await RawConnection.open(url);
  assertTimedOut(t, await connection.readReply());
  await connection.closed();
});

t.test('a client that sends its body too slowly gets an error and is disconnected', async (t) => {
  const { url } = await startEcho(t, { requestMs: 100, headersMs: 50 });
  const connection = await RawConnection.open(url);
  connection.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n');
  trickle(connection, '{"email":');
  assertTimedOut(t, await connection.readReply());
  await connection.closed();
});

t.test('an idle connection is closed', async (t) => {
  const { url } = await startEcho(t, { keepAliveMs: 100 });
  const connection = await RawConnection.open(url);
  connection.write(writePost('/', { some: 'body' }));
  t.equal((await connection.readReply())?.status, 200);
  t.equal(await connection.readReply(), undefined);
});

t.test('a client that does not read its reply is disconnected', async (t) => {
  const { url, server } = await startEcho(t, { stalledMs: 100 });
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const connection = await RawConnection.open(url);
  connection.stopReading();
  connection.write(writeGet('/large'));
  const [socket] = await accepted;
  await once(socket, 'close');
  t.ok(socket.bytesWritten > 0, 'part of the reply was sent');
  connection.hangUp();
});

t.test('a client that reads its reply too slowly is disconnected', async (t) => {
  const { url, server } = await startEcho(t, { unreadMs: 100 });
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const connection = await RawConnection.open(url);
  connection.readSlowly();
  connection.write(writeGet('/large'));
  const [socket] = await accepted;
  await once(socket, 'close');
  t.ok(socket.bytesWritten > 0, 'part of the reply was sent');
  connection.hangUp();
});

t.test('a connection that its client half closes is closed', async (t) => {
  const { url } = await startEcho(t, {});
  for (const sent of ['', 'GET / HT', writeGet('/'), 'POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n{']) {
    const connection = await RawConnection.open(url);
    connection.write(sent);
    connection.endWriting();
    await connection.closed();
    t.pass(`after ${JSON.stringify(sent)}`);
  }
});
