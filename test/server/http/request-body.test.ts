import t, { type Test } from 'tap';
import { createAccount, makeEmail, toHex } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import {
  OPEN_ENDPOINTS,
  obtainToken,
  type Prepared,
  prepare,
  SIGNED_ENDPOINTS,
} from '../../support/api/endpoints.js';
import { type Call, send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t);

const LIMIT_BYTES = 64 * 1024;

/** errno 106. */
const NOT_JSON: [string, string | Buffer][] = [
  ['text', 'email=6d65406578616d706c652e636f6d'],
  ['half an object', '{"email": "6d65'],
  ['two objects', '{}{}'],
  ['single quotes', "{'a': 1}"],
  ['a trailing comma', '{"a": 1,}'],
  ['NaN', '{"a": NaN}'],
  ['a NUL byte', '{"a": "\0"}'],
  ['a space', ' '],
  ['brackets that never close', '['.repeat(60_000)],
  ['a byte that UTF-8 does not use', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['an overlong encoding', Buffer.from('7b22c0af223a317d', 'hex')],
  ['a surrogate in UTF-8', Buffer.from('7b22eda080223a317d', 'hex')],
  ['UTF-16', Buffer.from('\ufeff{"a": 1}', 'utf16le')],
];

/** All endpoints share the parser: three bodies are enough for each. */
const FEW_NOT_JSON = NOT_JSON.filter(([name]) =>
  ['text', 'a trailing comma', 'a byte that UTF-8 does not use'].includes(name),
);

/** errno 107, without a parameter. */
const NO_OBJECT = ['null', '"text"', '[{}]', `${'['.repeat(30_000)}${']'.repeat(30_000)}`];

for (const path of OPEN_ENDPOINTS) {
  t.test(`${path} accepts only JSON objects of at most 64 KiB`, async (t) => {
    await checkBodies(t, path, {});
    if (path === '/v1/get_random_bytes') return;
    for (const body of NO_OBJECT) checkRefusal(t, await send(server, path, { body }), 400, 107);
    const empty = await send(server, path, { headers: { 'Content-Length': '0' } });
    t.match(empty, { status: 400, body: { errno: 108 } }, 'an empty body lacks parameters');
  });
}

for (const endpoint of SIGNED_ENDPOINTS.filter(({ method }) => method === 'POST')) {
  const { path, type } = endpoint;
  t.test(
    `${path} accepts JSON objects of at most 64 KiB, and a refused body consumes no token`,
    async (t) => {
      const prepared = await prepare(server, endpoint);
      await checkBodies(t, path, prepared);
      t.equal((await send(server, path, { ...prepared, body: prepared.body ?? {} })).status, 200);
      const account = await createAccount(server);
      for (const body of NO_OBJECT) {
        const { token } = await obtainToken(server, account, type);
        checkRefusal(t, await send(server, path, { signer: { type, token }, body }), 400, 107);
      }
    },
  );
}

async function checkBodies(t: Test, path: string, { signer }: Partial<Prepared>): Promise<void> {
  const post = (body: Call['body'], headers: Call['headers'] = {}) =>
    send(server, path, { ...(signer && { signer }), body, headers });
  for (const [name, body] of path === '/v1/auth/start' ? NOT_JSON : FEW_NOT_JSON) {
    t.comment(name);
    checkRefusal(t, await post(body), 400, 106);
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'json', '']) {
    t.comment(`Content-Type: ${type}`);
    checkRefusal(t, await post('{}', { 'Content-Type': type }), 400, 106);
  }
  t.comment('compressed');
  checkRefusal(t, await post('{}', { 'Content-Encoding': 'gzip' }), 400, 106);
  t.comment('in chunks');
  checkRefusal(
    t,
    await post('{}', { 'Transfer-Encoding': 'chunked', 'Content-Length': undefined }),
    411,
    112,
  );
  t.comment('one byte too many');
  checkRefusal(t, await post(padTo(LIMIT_BYTES + 1)), 413, 113);
}

function padTo(bytes: number): string {
  return `{"padding":"${'x'.repeat(bytes - '{"padding":""}'.length)}"}`;
}

t.test('a body without a Content-Type is JSON', async (t) => {
  const { email } = await createAccount(server);
  const body = { email: toHex(email) };
  const headers = { 'Content-Type': undefined };
  t.equal((await send(server, '/v1/auth/start', { body, headers })).status, 200);
  checkRefusal(t, await send(server, '/v1/auth/start', { body: 'email=61', headers }), 400, 106);
});

t.test('64 KiB are accepted, with any declared charset', async (t) => {
  const { email } = await createAccount(server);
  const hex = toHex(email);
  for (const type of [
    'application/json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
    'application/json; charset=x',
  ]) {
    const body = `{"email":"${hex}"${' '.repeat(LIMIT_BYTES - 12 - hex.length)}}`;
    t.equal(Buffer.byteLength(body), LIMIT_BYTES);
    const reply = await send(server, '/v1/auth/start', { body, headers: { 'Content-Type': type } });
    t.equal(reply.status, 200, type);
  }
});

t.test('deeply nested objects are ignored like other unknown members', async (t) => {
  const { email } = await createAccount(server);
  const body = `{"deep":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)},"email":"${toHex(email)}"}`;
  t.equal((await send(server, '/v1/auth/start', { body })).status, 200);
  const inPlace = `{"email":${'['.repeat(9_000)}${']'.repeat(9_000)}}`;
  checkRefusal(t, await send(server, '/v1/auth/start', { body: inPlace }), 400, 107, { param: 'email' });
});

t.test('a POST without required fields can have no body and any type', async (t) => {
  t.equal((await send(server, '/v1/get_random_bytes')).status, 200);
  for (const path of ['/v1/session/create', '/v1/password/change/start', '/v1/account/destroy']) {
    for (const headers of [{}, { 'Content-Length': '0' }, { 'Content-Type': 'text/plain' }]) {
      const account = await createAccount(server, { email: makeEmail() });
      const { token } = await obtainToken(server, account, 'authToken');
      const call: Call = { signer: { type: 'authToken', token }, headers, hawk: { payload: false } };
      t.equal((await send(server, path, call)).status, 200, `${path} ${JSON.stringify(headers)}`);
    }
    const account = await createAccount(server);
    const { token } = await obtainToken(server, account, 'authToken');
    const unhashed: Call = { signer: { type: 'authToken', token }, body: '{}', hawk: { payload: false } };
    t.equal((await send(server, path, unhashed)).status, 200, `${path} with {} and no hash`);
  }
});
