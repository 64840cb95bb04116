import t from 'tap';
import { ApiError, ConnectionError, ERRNOS } from '../../client/errors.js';
import { Transport } from '../../client/transport.js';
import { sendError, sendJson, startHttpServer } from '../support/client/http-server.js';

const SIGNER = { type: 'sessionToken', token: 'a0'.repeat(32) } as const;
const GET = { method: 'GET', path: '/v1/x' } as const;
const NOW_S = 1385251200;

function readTs(authorization: string | undefined): number {
  return Number(/ts="(\d+)"/.exec(authorization ?? '')?.[1]);
}

t.test('a POST has JSON, a content length and a language', async (t) => {
  const { url, received } = await startHttpServer(t, (_, response) => sendJson(response, 200, { yes: true }));
  const transport = new Transport({ url, acceptLanguage: 'eu' });
  t.same(await transport.send({ method: 'POST', path: '/v1/x', body: { a: 'é' } }), { yes: true });
  t.match(received[0], {
    method: 'POST',
    path: '/v1/x',
    body: '{"a":"é"}',
    headers: { 'content-type': 'application/json', 'content-length': '10', 'accept-language': 'eu' },
  });
  t.notOk(received[0]?.headers.authorization);
});

t.test('the URL may have a path, a trailing slash or /v1', async (t) => {
  const { url, received } = await startHttpServer(t, (_, response) => sendJson(response, 200, {}));
  for (const end of ['', '/', '/v1', '/v1/', '/accounts/v1'])
    await new Transport({ url: url + end }).send(GET);
  t.same(
    received.map(({ path }) => path),
    ['/v1/x', '/v1/x', '/v1/x', '/v1/x', '/accounts/v1/x'],
  );
  t.throws(() => new Transport({ url: 'ftp://example.org' }), TypeError);
  t.throws(() => new Transport({ url, timeoutSeconds: 0 }), RangeError);
});

t.test('every errno has a reason and keeps its details', async (t) => {
  for (const [reason, errno] of Object.entries(ERRNOS)) {
    const details = { param: 'srp.salt', serverTime: 1, retryAfter: 7, email: '6d65' };
    const { url } = await startHttpServer(t, (_, response) => sendError(response, 400, errno, details));
    const error: ApiError = await new Transport({ url }).send(GET).then(
      () => t.fail('accepted'),
      (error) => error,
    );
    t.ok(error instanceof ApiError);
    t.match(error, {
      reason,
      errno,
      code: 400,
      error: 'An Error',
      message: `errno is ${errno}`,
      info: 'https://x/',
      ...details,
    });
  }
});

t.test('a new errno has the reason unknown and keeps its number', async (t) => {
  const { url } = await startHttpServer(t, (_, response) => sendError(response, 400, 150));
  await t.rejects(new Transport({ url }).send(GET), { name: 'ApiError', reason: 'unknown', errno: 150 });
});

t.test('the header gives the time to wait if the body does not', async (t) => {
  const { url } = await startHttpServer(t, ({ path }, response) => {
    if (path === '/v1/proxy') response.writeHead(503, { 'retry-after': '30' }).end('busy');
    else sendError(response, 429, 114, {}, { 'retry-after': '30' });
  });
  await t.rejects(new Transport({ url }).send(GET), { name: 'ApiError', errno: 114, retryAfter: 30 });
  const proxied = new Transport({ url }).send({ ...GET, path: '/v1/proxy' });
  await t.rejects(proxied, { name: 'ConnectionError', status: 503, retryAfter: 30 });
});

t.test('replies of intermediaries are ConnectionErrors with their status', async (t) => {
  const answers: Array<[number, string]> = [
    [502, '<html>Bad Gateway</html>'],
    [413, ''],
    [404, '{"error":"no such page"}'],
    [500, '[]'],
    [200, '<html>Log in to this network</html>'],
    [200, 'null'],
  ];
  for (const [status, body] of answers) {
    const { url } = await startHttpServer(t, (_, response) => response.writeHead(status).end(body));
    await t.rejects(
      new Transport({ url }).send(GET),
      { name: 'ConnectionError', status },
      `${status} ${body}`,
    );
  }
});

t.test('a redirect is not followed', async (t) => {
  const { url, received } = await startHttpServer(t, (_, response) =>
    response.writeHead(307, { location: '/v1/y' }).end(),
  );
  await t.rejects(new Transport({ url }).send({ ...GET, method: 'POST', body: {} }), ConnectionError);
  t.equal(received.length, 1);
});

t.test('an unreachable server and a broken connection are ConnectionErrors with a cause', async (t) => {
  const { url } = await startHttpServer(t, (_, response) => response.destroy());
  const error = await new Transport({ url }).send(GET).catch((error) => error);
  t.ok(error instanceof ConnectionError);
  t.ok(error.cause);
  t.equal(error.status, undefined);
  // Nothing listens on port 1.
  await t.rejects(new Transport({ url: 'http://127.0.0.1:1' }).send(GET), ConnectionError);
});

t.test('a missing or endless reply exceeds the time limit', async (t) => {
  const { url } = await startHttpServer(t, ({ path }, response) => {
    if (path === '/v1/half') response.writeHead(200).write('{');
  });
  const transport = new Transport({ url, timeoutSeconds: 0.05 });
  await t.rejects(transport.send(GET), { name: 'ConnectionError', message: /^no answer in 0.05 s/ });
  await t.rejects(transport.send({ ...GET, path: '/v1/half' }), { name: 'ConnectionError' });
});

t.test('a request refused for its timestamp is repeated with the server’s clock', async (t) => {
  const serverTime = NOW_S + 7200;
  const { url, received } = await startHttpServer(t, ({ headers }, response) => {
    if (Math.abs(readTs(headers.authorization) - serverTime) > 60)
      sendError(response, 401, 111, { serverTime });
    else sendJson(response, 200, {}, { timestamp: serverTime });
  });
  const transport = new Transport({ url, now: () => NOW_S * 1000 + 250 });
  await transport.send({ ...GET, signer: SIGNER });
  t.equal(transport.lastTimestamp, serverTime);
  t.equal(transport.clockOffsetMs, 7200_000 - 250);
  await transport.send({ method: 'POST', path: '/v1/x', body: {}, signer: SIGNER });
  t.same(
    received.map(({ headers }) => readTs(headers.authorization)),
    [NOW_S, serverTime, serverTime],
  );
  const nonces = received.map(({ headers }) => /nonce="([^"]+)"/.exec(headers.authorization ?? '')?.[1]);
  t.equal(new Set(nonces).size, 3);
});

t.test('a request refused twice for its timestamp is not repeated', async (t) => {
  const { url, received } = await startHttpServer(t, (_, response) =>
    sendError(response, 401, 111, { serverTime: NOW_S }),
  );
  await t.rejects(new Transport({ url }).send({ ...GET, signer: SIGNER }), { name: 'ApiError', errno: 111 });
  t.equal(received.length, 2);
});

t.test('a signed POST has the hash of its body, a GET has none', async (t) => {
  const { url, received } = await startHttpServer(t, (_, response) => sendJson(response, 200, {}));
  const transport = new Transport({ url });
  await transport.send({ method: 'POST', path: '/v1/x', body: {}, signer: SIGNER });
  await transport.send({ ...GET, signer: SIGNER });
  t.match(received[0]?.headers.authorization, /, hash="[A-Za-z0-9+/]{43}=", mac="/);
  t.notMatch(received[1]?.headers.authorization, /hash=/);
});

t.test('an invalid token is a caller’s error, not a ConnectionError', async (t) => {
  const { url, received } = await startHttpServer(t, (_, response) => sendJson(response, 200, {}));
  const sent = new Transport({ url }).send({ ...GET, signer: { ...SIGNER, token: 'a0' } });
  await t.rejects(sent, RangeError);
  t.equal(received.length, 0);
});
