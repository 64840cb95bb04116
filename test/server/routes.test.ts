import t from 'tap';
import { endpoints } from '../../server/routes.js';
import { createAccount, login, toHex } from '../support/api/accounts.js';
import { checkRefusal } from '../support/api/check-refusal.js';
import { OPEN_ENDPOINTS, SIGNED_ENDPOINTS } from '../support/api/endpoints.js';
import { exchange, makeHead } from '../support/api/raw-socket.js';
import { type Reply, send } from '../support/api/send.js';
import { startServer } from '../support/api/start-server.js';

const server = await startServer(t);
const ORIGIN = { Origin: 'https://pages.example.org' };
const METHODS = new Map([
  ...OPEN_ENDPOINTS.map((path) => [path, 'POST'] as const),
  ...SIGNED_ENDPOINTS.map(({ path, method }) => [path, method] as const),
]);
const OTHERS = {
  GET: ['HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'],
  POST: ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'],
};

t.test('the lists of test/support/api/endpoints.ts are those of the server', async (t) => {
  const listed = [
    ...OPEN_ENDPOINTS.map((path) => ['POST', path, undefined]),
    ...SIGNED_ENDPOINTS.map(({ method, path, type }) => [method, path, type]),
  ];
  const declared = endpoints.map(({ method, path, token }) => [method, path, token]);
  t.same(listed.sort(), declared.sort());
});

for (const [path, method] of METHODS) {
  t.test(`${path} allows only ${method}, from any origin`, async (t) => {
    for (const other of OTHERS[method]) {
      const [reply] = await exchange(server, makeHead(`${other} ${path}`));
      t.match(reply, { status: 405, headers: { allow: method } }, other);
      if (reply && other !== 'HEAD') checkRefusal(t, reply, 405, 999);
    }
    const preflight = makeHead(
      `OPTIONS ${path}`,
      'Origin: https://pages.example.org',
      `Access-Control-Request-Method: ${method}`,
      'Access-Control-Request-Headers: authorization,content-type,accept',
    );
    const [reply] = await exchange(server, preflight);
    t.match(reply, {
      status: 204,
      headers: {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': new RegExp(`\\b${method}\\b`),
        'access-control-allow-headers': /^(?=.*authorization)(?=.*content-type)(?=.*accept)/i,
        'access-control-max-age': /^\d+$/,
      },
    });
  });
}

t.test('pages of any origin can read replies, errors and times', async (t) => {
  const { email } = await createAccount(server);
  const replies: [number, Reply][] = [
    [200, await send(server, '/v1/auth/start', { body: { email: toHex(email) }, headers: ORIGIN })],
    [400, await send(server, '/v1/auth/start', { body: {}, headers: ORIGIN })],
    [400, await send(server, '/v1/auth/start', { body: '{', headers: ORIGIN })],
    [401, await send(server, '/v1/account/devices', { method: 'GET', headers: ORIGIN })],
    [404, await send(server, '/v1/unknown', { method: 'GET', headers: ORIGIN })],
    [405, await send(server, '/v1/auth/start', { method: 'GET', headers: ORIGIN })],
    [
      411,
      await send(server, '/v1/auth/start', {
        body: '{}',
        headers: { ...ORIGIN, 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' },
      }),
    ],
    [413, await send(server, '/v1/auth/start', { body: `"${'x'.repeat(70_000)}"`, headers: ORIGIN })],
  ];
  for (const [status, reply] of replies) {
    t.match(reply, { status, headers: { 'access-control-allow-origin': '*', timestamp: /^\d{10}$/ } });
    t.match(reply.headers['access-control-expose-headers'], /^(?=.*timestamp)(?=.*retry-after)/i);
    t.notOk(reply.headers['access-control-allow-credentials']);
  }
});

t.test('unknown paths are 404 with errno 999 and are not repeated in the reply', async (t) => {
  for (const path of [
    '/v1',
    '/v1/',
    '/v2/account/create',
    '/v1/account',
    '/v1/account/create/x',
    '/v1/account//create',
    '/v1/account/create/',
    '/V1/account/create',
    '/v1/Account/create',
    '/metrics/',
    '/METRICS',
    '/__heartbeat__/',
    '/__HEARTBEAT__',
    '/verify_email/',
    '/Verify_email',
    '/assets/STYLE.css',
    '/.well-known/browserid/',
    '/v1/openapi.json/',
    '/favicon.ico',
    '/.env',
    '/v1/auth/start%00',
    '/v1/secret-in-a-path?secret-in-a-query',
  ]) {
    const reply = await send(server, path, { method: 'GET' });
    checkRefusal(t, reply, 404, 999);
    t.notMatch(reply.text, /secret/);
  }
});

t.test('GET and HEAD with a body or Content-Type get the same reply', async (t) => {
  const { sessionToken: token } = await login(server, await createAccount(server));
  const signer = { type: 'sessionToken', token } as const;
  for (const extra of [
    {},
    { headers: { 'Content-Type': 'application/json' } },
    { body: '{}' },
    { body: 'no JSON', hawk: { payload: false } },
  ] as const) {
    const reply = await send(server, '/v1/recovery_email/status', { method: 'GET', signer, ...extra });
    t.match(reply, { status: 200, body: { verified: true } });
  }
});

t.test('random bytes are 32 and always different', async (t) => {
  const replies = await Promise.all(Array.from({ length: 20 }, () => send(server, '/v1/get_random_bytes')));
  const data = replies.map(({ body }) => String(body.data));
  t.equal(new Set(data).size, 20);
  for (const hex of data) t.match(hex, /^[0-9a-f]{64}$/);
});

t.test('operations need no token', async (t) => {
  t.same((await send(server, '/__heartbeat__', { method: 'GET' })).status, 200);
  t.same((await send(server, '/__lbheartbeat__', { method: 'GET' })).status, 200);
  const version = await send(server, '/__version__', { method: 'GET' });
  t.match(version.body, { name: 'fxa-key-server', version: /^\d+\.\d+\.\d+/ });
  const document = await send(server, '/.well-known/browserid', { method: 'GET' });
  t.match(document.body, {
    'public-key': { algorithm: 'RS', n: /^[1-9]\d{600,}$/, e: /^\d+$/ },
    authentication: '/.well-known/browserid/sign_in.html',
    provisioning: '/.well-known/browserid/provision.html',
  });
});
