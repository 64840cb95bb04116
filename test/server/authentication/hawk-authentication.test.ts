import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { authenticate, createAccount, login } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import {
  type Prepared,
  prepare,
  SIGNED_ENDPOINTS,
  type SignedEndpoint,
} from '../../support/api/endpoints.js';
import { deriveToken } from '../../support/api/protocol-math.js';
import { type Call, type HawkDeviation, send, sign } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t);

const SINGLE_USE = new Set(['keyFetchToken', 'authToken', 'accountResetToken']);

for (const endpoint of SIGNED_ENDPOINTS) {
  const { method, path, type } = endpoint;

  t.test(`${method} ${path} refuses requests without a valid ${type}, and consumes nothing`, async (t) => {
    const prepared = await prepare(server, endpoint);
    for (const [name, authorization] of await listForeignTokens(endpoint, prepared)) {
      const call = {
        method,
        body: prepared.body,
        headers: { Authorization: authorization },
      };
      t.comment(name);
      checkRefusal(t, await send(server, path, call), 401, 110);
    }
    for (const [name, deviation] of listWrongSignatures()) {
      t.comment(name);
      checkRefusal(t, await send(server, path, { method, ...prepared, hawk: deviation }), 401, 109);
    }
    for (const header of UNPARSABLE) {
      t.comment(header.slice(0, 60));
      const call = { method, body: prepared.body, headers: { Authorization: header } };
      checkRefusal(t, await send(server, path, call), 401, 109);
    }
    await checkPayloadRules(t, endpoint, prepared);
    await checkTimeRules(t, endpoint, prepared);

    const signed = sign(
      server,
      path,
      { method, body: prepared.body && JSON.stringify(prepared.body) },
      prepared.signer,
    );
    const call = { method, body: prepared.body, headers: { Authorization: signed } };
    const accepted = await send(server, path, call);
    t.equal(accepted.status, 200, accepted.text);
    const isGone = SINGLE_USE.has(type) || /session\/destroy|verify_code/.test(path);
    t.comment('a replay');
    checkRefusal(t, await send(server, path, call), 401, isGone ? 110 : 109);
    if (isGone) return;
    t.equal((await send(server, path, { method, ...prepared })).status, 200, 'it can be used again');
  });
}

async function listForeignTokens(
  { method, path, type }: SignedEndpoint,
  { account, signer, body }: Prepared,
) {
  const payload = body && JSON.stringify(body);
  const signAs = (call: Call, other = signer) =>
    sign(server, path, { method, body: payload, ...call }, other);
  const ofAnotherType =
    type === 'sessionToken'
      ? ({ type: 'authToken', token: await authenticate(server, account) } as const)
      : ({ type: 'sessionToken', token: (await login(server, account)).sessionToken } as const);
  return [
    ['no Authorization header', undefined],
    ['another scheme', `Basic ${Buffer.from('user:password').toString('base64')}`],
    ['another scheme', `Bearer ${signer.token}`],
    ['the name of the scheme run together', signAs({}).replace('Hawk ', 'Hawk')],
    ['an unknown token', signAs({}, { type, token: randomBytes(32).toString('hex') })],
    ['a token of another type', signAs({}, ofAnotherType)],
    ['the token with keys of another type', signAs({}, { ...ofAnotherType, token: signer.token })],
    ['an id that is not a tokenID', signAs({ hawk: { id: 'dh37fgj492je' } })],
    ['an id that is a member of a prototype', signAs({ hawk: { id: '__proto__' } })],
    ['the token itself as id', signAs({ hawk: { id: signer.token } })],
  ] as const;
}

function listWrongSignatures(): [string, HawkDeviation][] {
  return [
    ['another key', { key: randomBytes(32) }],
    ['another method', { method: 'PUT' }],
    ['another path', { url: `${server.publicUrl}/v1/other` }],
    ['another query', { url: `${server.publicUrl}/v1/account/devices?all=1` }],
    ['another host', { url: 'http://other.example.org:9000/v1/account/devices' }],
    ['a timestamp that is not a number', { timestamp: 'NaN' }],
    ['an overlong nonce', { nonce: 'n'.repeat(300) }],
  ];
}

const UNPARSABLE = [
  'Hawk',
  'Hawk id="a"',
  'Hawk id="a", ts="1385251200", nonce="n"',
  'Hawk id=a, ts=1385251200, nonce=n, mac=m',
  'Hawk id="a", id="b", ts="1385251200", nonce="n", mac="m"',
  'Hawk id="a", ts="1385251200", nonce="n", mac="m", role="admin"',
  'Hawk id="a\\"", ts="1385251200", nonce="n", mac="m"',
  `Hawk id="${'a'.repeat(5000)}", ts="1385251200", nonce="n", mac="m"`,
];

const HASH_REQUIRED = ['/v1/account/reset', '/v1/certificate/sign', '/v1/raw_password/password/reset'];

for (const endpoint of SIGNED_ENDPOINTS) {
  if (endpoint.method === 'GET' || HASH_REQUIRED.includes(endpoint.path)) continue;
  t.test(`${endpoint.path} accepts a body without payload hash`, async (t) => {
    const prepared = await prepare(server, endpoint);
    const body = { unknown: 'member', ...prepared.body };
    const reply = await send(server, endpoint.path, { ...prepared, body, hawk: { payload: false } });
    t.equal(reply.status, 200);
  });
}

async function checkPayloadRules(
  t: Test,
  { method, path }: SignedEndpoint,
  prepared: Prepared,
): Promise<void> {
  if (method === 'GET') return;
  const body = prepared.body ?? {};
  if (HASH_REQUIRED.includes(path)) {
    t.comment('a body without payload hash');
    checkRefusal(t, await send(server, path, { ...prepared, body, hawk: { payload: false } }), 401, 109);
  }
  t.comment('the hash of another body');
  checkRefusal(t, await send(server, path, { ...prepared, body, hawk: { payload: '{"a":1}' } }), 401, 109);
  t.comment('the hash of a missing body');
  checkRefusal(
    t,
    await send(server, path, { ...prepared, body: '', hawk: { payload: '{"a":1}' } }),
    401,
    109,
  );
  t.comment('the hash of {} under another type');
  const headers = { 'Content-Type': 'application/json' };
  const signed = { ...prepared, body: '{}', headers: { 'Content-Type': 'text/plain' } };
  const Authorization = sign(server, path, signed, prepared.signer);
  checkRefusal(t, await send(server, path, { body: '{}', headers: { ...headers, Authorization } }), 401, 109);
}

async function checkTimeRules(t: Test, { method, path }: SignedEndpoint, prepared: Prepared): Promise<void> {
  for (const skewSeconds of [-62, 62, -86_400]) {
    const nowSeconds = Math.floor(server.clock.now() / 1000);
    const hawk = { timestamp: nowSeconds + skewSeconds };
    const reply = await send(server, path, { method, ...prepared, hawk });
    const { serverTime, ...body } = reply.body;
    t.comment(`a clock ${skewSeconds} s off`);
    checkRefusal(t, { ...reply, body: body as typeof reply.body }, 401, 111);
    t.ok(Number.isInteger(serverTime), 'serverTime is an integer');
    t.ok(
      Math.abs((serverTime as number) - nowSeconds) <= 5,
      'serverTime is the time of the server, in seconds',
    );
  }
}

t.test('a clock skew up to a minute is accepted', async (t) => {
  const account = await createAccount(server);
  const { sessionToken: token } = await login(server, account);
  for (const skewSeconds of [-57, 57]) {
    const hawk = { timestamp: Math.floor(server.clock.now() / 1000) + skewSeconds };
    const signer = { type: 'sessionToken', token } as const;
    const reply = await send(server, '/v1/account/devices', { method: 'GET', signer, hawk });
    t.equal(reply.status, 200);
  }
});

t.test('scheme and id are accepted in any case, and the path with a query', async (t) => {
  const { sessionToken: token } = await login(server, await createAccount(server));
  const signer = { type: 'sessionToken', token } as const;
  const path = '/v1/account/devices';
  const { id } = deriveToken('sessionToken', token);
  for (const change of ['hawk ', 'HAWK ', 'Hawk   ']) {
    const Authorization = sign(server, path, { method: 'GET' }, signer).replace('Hawk ', change);
    t.equal((await send(server, path, { method: 'GET', headers: { Authorization } })).status, 200, change);
  }
  const upper = { method: 'GET', signer, hawk: { id: id.toUpperCase() } } as const;
  t.equal((await send(server, path, upper)).status, 200);
  t.equal((await send(server, `${path}?a=1&b=%C3%A4`, { method: 'GET', signer })).status, 200);
});

t.test('a payload hash without a body is accepted', async (t) => {
  const account = await createAccount(server);
  const { sessionToken } = await login(server, account);
  const get = { method: 'GET', signer: { type: 'sessionToken', token: sessionToken } } as const;
  const headers = { 'Content-Type': 'application/json' };
  const hawk = { payload: '' };
  t.equal((await send(server, '/v1/account/devices', { ...get, headers, hawk })).status, 200);
  const token = await authenticate(server, account);
  const post = { signer: { type: 'authToken', token }, headers, hawk } as const;
  t.equal((await send(server, '/v1/session/create', post)).status, 200);
});

t.test('signatures cover the public URL, not the bound address', async (t) => {
  const server = await startServer(t, { PUBLIC_URL: 'http://example.org' });
  const { sessionToken: token } = await login(server, await createAccount(server));
  const call = { method: 'GET', signer: { type: 'sessionToken', token } } as const;
  t.equal((await send(server, '/v1/account/devices', call)).status, 200);
  const hawk = { url: `${server.url}/v1/account/devices` };
  checkRefusal(t, await send(server, '/v1/account/devices', { ...call, hawk }), 401, 109);
});
