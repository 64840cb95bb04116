import { connect } from 'node:net';
import t from 'tap';
import { createAccount, login, toHex } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { OPEN_ENDPOINTS, SIGNED_ENDPOINTS } from '../../support/api/endpoints.js';
import { exchange, makeHead } from '../../support/api/raw-socket.js';
import { send, sign } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t);
const JSON_TYPE = 'Content-Type: application/json';
const post = (path: string, ...headers: string[]) => makeHead(`POST ${path}`, JSON_TYPE, ...headers);

/** Requests with their status; errno is always 999. */
const MALFORMED: [string, string | Buffer, number][] = [
  ['random bytes', Buffer.from('00000000000d0a0d0a', 'hex'), 400],
  ['a TLS handshake', Buffer.from('1603010200010001fc0303', 'hex'), 400],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['an unknown method', makeHead('BREW /v1/account/create'), 400],
  ['CONNECT', makeHead('CONNECT example.org:443'), 400],
  ['no Host', 'GET /__version__ HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', 'GET /__version__ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400],
  ['the same Host twice', 'GET /__version__ HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n', 400],
  ['a target that is not a URL', makeHead('GET http://[bad/'), 400],
  ['a target of another kind', makeHead('GET *'), 404],
  ['a path that does not decode', makeHead('GET /v1/%zz'), 404],
  ['two slashes', makeHead('GET //v1/account/devices'), 404],
  ['a folded header', makeHead('GET /__version__', 'X-Folded: a\r\n b'), 400],
  ['a NUL byte in a header', makeHead('GET /__version__', 'X-Nul: a\0b'), 400],
  ['a header without a colon', makeHead('GET /__version__', 'nothing'), 400],
  ['bare line feeds', 'GET /__version__ HTTP/1.1\nHost: x\n\n', 400],
  ['endless headers', makeHead('GET /__version__', `X-Long: ${'x'.repeat(20_000)}`), 431],
  ['an endless path', makeHead(`GET /${'x'.repeat(20_000)}`), 431],
  ['a negative length', `${post('/v1/auth/start', 'Content-Length: -2')}{}`, 400],
  ['a length that is not a number', `${post('/v1/auth/start', 'Content-Length: two')}{}`, 400],
  [
    'a length above the largest integer',
    `${post('/v1/auth/start', `Content-Length: ${'9'.repeat(30)}`)}{}`,
    400,
  ],
  ['an empty length', `${post('/v1/auth/start', 'Content-Length:')}{}`, 400],
  ['two lengths', `${post('/v1/auth/start', 'Content-Length: 2', 'Content-Length: 3')}{}`, 400],
  [
    'a length, and chunks',
    `${post('/v1/auth/start', 'Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
  ],
  ['an invalid chunk', `${post('/v1/auth/start', 'Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`, 400],
];

for (const [name, bytes, status] of MALFORMED) {
  t.test(`${name} gets an error with five fields`, async (t) => {
    const [reply] = await exchange(server, bytes);
    if (!reply) throw new Error('no answer');
    checkRefusal(t, reply, status, 999);
  });
}

t.test('the server is healthy afterwards', async (t) => {
  t.same((await send(server, '/__heartbeat__', { method: 'GET' })).status, 200);
  t.notOk(server.logLines.some((line) => JSON.parse(line).level === 'error'));
});

const NEED_A_BODY = [
  ...OPEN_ENDPOINTS.filter((path) => path !== '/v1/get_random_bytes'),
  ...SIGNED_ENDPOINTS.filter(({ path }) => /reset|sign$|forgot/.test(path)).map(({ path }) => path),
];

for (const path of NEED_A_BODY) {
  t.test(`${path} without Content-Length is errno 112`, async (t) => {
    for (const head of [makeHead(`POST ${path}`), post(path)]) {
      const [reply] = await exchange(server, head);
      if (!reply) throw new Error('no answer');
      checkRefusal(t, reply, 411, 112);
    }
  });
}

t.test('a POST without Content-Length is served if no field is required', async (t) => {
  const { sessionToken: token } = await login(server, await createAccount(server));
  const path = '/v1/session/destroy';
  const authorization = sign(server, path, {}, { type: 'sessionToken', token });
  t.match(await exchange(server, makeHead(`POST ${path}`, `Authorization: ${authorization}`)), [
    { status: 200 },
  ]);
  t.match(await exchange(server, makeHead('POST /v1/get_random_bytes')), [{ status: 200 }]);
});

t.test('a client that sends 10 MB before it reads gets an error', async (t) => {
  const length = 10_000_000;
  const body = 'x'.repeat(length);
  const [sized] = await exchange(server, post('/v1/auth/start', `Content-Length: ${length}`) + body);
  t.match(sized, { status: 413, body: { errno: 113 } });
  const chunks = `${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const [chunked] = await exchange(server, post('/v1/auth/start', 'Transfer-Encoding: chunked') + chunks);
  t.match(chunked, { status: 411, body: { errno: 112 } });
  const [unknown] = await exchange(server, post('/v1/unknown', `Content-Length: ${length}`) + body);
  t.match(unknown, { status: 404, body: { errno: 999 } });
});

t.test('an announced body that is too large is refused before it arrives', async (t) => {
  const [reply] = await exchange(server, post('/v1/auth/start', `Content-Length: ${2 ** 53}`));
  t.match(reply, { status: 413, body: { errno: 113 } });
});

t.test('requests after a refused body are answered', async (t) => {
  const refused = `POST /v1/auth/start HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`;
  const malformed = `POST /v1/auth/start HTTP/1.1\r\nHost: x\r\n${JSON_TYPE}\r\nContent-Length: 2\r\n\r\n[}`;
  const replies = await exchange(server, refused + malformed + makeHead('GET /__lbheartbeat__'));
  t.match(replies, [{ body: { errno: 106 } }, { body: { errno: 106 } }, { status: 200 }]);
});

t.test(
  'HTTP/1.0, absolute targets, unknown expectations, upgrades and thousands of headers are accepted',
  async (t) => {
    const many = Array.from({ length: 1500 }, (_, i) => `X-${i}: 1`);
    for (const request of [
      'GET /__lbheartbeat__ HTTP/1.0\r\n\r\n',
      makeHead('GET http://elsewhere.example/__lbheartbeat__'),
      makeHead('GET /__lbheartbeat__', 'Expect: a-miracle'),
      makeHead('GET /__lbheartbeat__', 'Upgrade: websocket'),
      makeHead('GET /__lbheartbeat__', ...many),
    ]) {
      const [reply] = await exchange(server, request);
      // Node 26 limits the number of headers.
      const isServed = reply?.status === 200 || (request.includes('X-1499') && reply?.status === 431);
      t.ok(isServed, `${reply?.status}: ${request.slice(0, 60)}`);
    }
    const { email } = await createAccount(server);
    const body = JSON.stringify({ email: toHex(email) });
    const head = post('/v1/auth/start', `Content-Length: ${body.length}`, 'Expect: 100-continue');
    t.match(await exchange(server, head + body), [{ status: 200 }]);
  },
);

t.test('a client that does not speak HTTP is disconnected', async (t) => {
  const { port } = new URL(server.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  // The client's side stays open: writes fail only after the server has closed.
  const failed = new Promise((resolve) => socket.once('error', resolve));
  socket.write('hello\r\n\r\n');
  socket.resume();
  const typing = setInterval(() => socket.write('hello\r\n'), 50);
  t.teardown(() => clearInterval(typing));
  t.match(await failed, { code: /ECONNRESET|EPIPE/ });
});
