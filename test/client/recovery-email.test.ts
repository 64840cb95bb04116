import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import t from 'tap';
import { ApiError, ConnectionError, ProtocolError } from '../../client/errors.js';
import { KeyServerClient } from '../../client/key-server-client.js';
import { sendError, startHttpServer } from '../support/client/http-server.js';

const TOKEN = 'a0'.repeat(32);
const EMAIL = '6d65406578616d706c652e636f6d';

function startStream(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.flushHeaders();
  return response;
}

function writeStatus(response: ServerResponse, verified: boolean): void {
  response.write(`data: ${JSON.stringify({ email: EMAIL, verified })}\n\n`);
}

t.test('status events arrive as they are sent and end with verified', async (t) => {
  let stream: ServerResponse | undefined;
  const { url, received } = await startHttpServer(t, (_, response) => {
    stream = startStream(response);
    writeStatus(stream, false);
  });
  const events = new KeyServerClient({ url }).recoveryEmail.statusEvents(TOKEN);
  t.same((await events.next()).value, { email: EMAIL, verified: false });
  t.match(received[0]?.headers, { accept: 'text/event-stream', authorization: /^Hawk id="/ });
  stream?.write(': still here\n\n');
  writeStatus(stream as ServerResponse, true);
  t.same((await events.next()).value, { email: EMAIL, verified: true });
  // The server has not ended the stream: the client does.
  const closed = once(stream as ServerResponse, 'close');
  t.equal((await events.next()).done, true);
  await closed;
});

t.test('leaving the loop closes the connection', async (t) => {
  let closed: Promise<unknown> | undefined;
  const { url } = await startHttpServer(t, (_, response) => {
    closed = once(response, 'close');
    writeStatus(startStream(response), false);
  });
  for await (const { verified } of new KeyServerClient({ url }).recoveryEmail.statusEvents(TOKEN)) {
    t.equal(verified, false);
    break;
  }
  await closed;
});

t.test('a signal ends the wait with its reason', async (t) => {
  const { url } = await startHttpServer(t, (_, response) => writeStatus(startStream(response), false));
  const controller = new AbortController();
  const events = new KeyServerClient({ url }).recoveryEmail.statusEvents(TOKEN, controller.signal);
  await events.next();
  const next = events.next();
  controller.abort(new Error('the window was closed'));
  await t.rejects(next, { message: 'the window was closed' });
});

t.test('a stream that ends before verified is a ConnectionError', async (t) => {
  for (const end of ['end', 'destroy'] as const) {
    const { url } = await startHttpServer(t, (_, response) => {
      writeStatus(startStream(response), false);
      setImmediate(() => response[end]());
    });
    const events = new KeyServerClient({ url }).recoveryEmail.statusEvents(TOKEN);
    await events.next();
    await t.rejects(events.next(), ConnectionError, end);
  }
});

t.test('an event that is not a status is a ProtocolError', async (t) => {
  for (const data of ['{}', 'nonsense', `{"email":"${EMAIL}"}`]) {
    const { url } = await startHttpServer(t, (_, response) => startStream(response).end(`data: ${data}\n\n`));
    await t.rejects(
      new KeyServerClient({ url }).recoveryEmail.statusEvents(TOKEN).next(),
      ProtocolError,
      data,
    );
  }
});

t.test('an event stream can be refused like other requests', async (t) => {
  const { url } = await startHttpServer(t, (_, response) => sendError(response, 401, 110));
  const refused = new KeyServerClient({ url }).recoveryEmail.statusEvents(TOKEN).next();
  await t.rejects(refused, { name: 'ApiError', errno: 110 });
  await t.rejects(refused, ApiError);
});

t.test('a reply that is not an event stream is a ConnectionError', async (t) => {
  const { url } = await startHttpServer(t, (_, response) => response.end('<html>'));
  await t.rejects(new KeyServerClient({ url }).recoveryEmail.statusEvents(TOKEN).next(), ConnectionError);
});
