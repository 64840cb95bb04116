import * as hawk from 'hawk';
import t from 'tap';
import { deriveHawkCredentials, signRequest } from '../../client/hawk.js';
import { toHex } from '../../protocol/hex.js';
import { deriveTokenKeys } from '../../protocol/tokens.js';

const TOKEN = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf';
const credentials = deriveHawkCredentials('sessionToken', TOKEN);
const hawkCredentials = {
  id: credentials.id,
  key: Buffer.from(credentials.key),
  algorithm: 'sha256',
} as const;
const TS = 1385251200;

const REQUESTS = [
  { method: 'GET', url: 'http://example.org/v1/account/devices' },
  { method: 'get', url: 'https://Example.ORG/v1/account/devices?a=1&b=%20' },
  { method: 'GET', url: 'https://example.org:8443/' },
  { method: 'POST', url: 'http://127.0.0.1:9000/v1/x', payload: '{}', contentType: 'application/json' },
  {
    method: 'POST',
    url: 'https://example.org/prefix/v1/x',
    payload: '{"name":"Müller 🦊"}',
    contentType: ' Application/JSON; charset=utf-8',
  },
  { method: 'POST', url: 'https://example.org/v1/x', payload: '', contentType: 'application/json' },
];

t.test('a request is signed with tokenID and reqHMACkey', async (t) => {
  const { tokenID, reqHMACkey } = deriveTokenKeys('sessionToken', Buffer.from(TOKEN, 'hex'));
  t.equal(credentials.id, toHex(tokenID));
  t.same(credentials.key, reqHMACkey);
  t.throws(() => deriveHawkCredentials('sessionToken', 'a0'));
  t.throws(() => deriveHawkCredentials('sessionToken', `${TOKEN.slice(2)}zz`));
});

for (const request of REQUESTS) {
  const name = `${request.method} ${request.url} ${request.payload ?? 'without a body'}`;

  t.test(`${name} has the same signature as from the hawk package`, async (t) => {
    // @types/hawk lacks binary keys, here and below.
    const { header } = hawk.client.header(request.url, request.method, {
      credentials: hawkCredentials as never,
      timestamp: TS,
      nonce: 'ohQjqb',
      ...('payload' in request && { payload: request.payload, contentType: request.contentType }),
    });
    t.equal(signRequest(credentials, { ...request, timestampSeconds: TS, nonce: 'ohQjqb' }), header);
  });

  t.test(`${name} is accepted by the hawk package`, async (t) => {
    const authorization = signRequest(credentials, {
      ...request,
      timestampSeconds: Math.floor(Date.now() / 1000),
    });
    const { hostname, port, protocol, pathname, search } = new URL(request.url);
    const received = {
      method: request.method,
      url: pathname + search,
      host: hostname,
      port: Number(port || (protocol === 'http:' ? 80 : 443)),
      authorization,
      contentType: request.contentType ?? '',
    };
    const authenticate = (change: object, options = {}) =>
      hawk.server.authenticate(
        { ...received, ...change } as never,
        (async () => hawkCredentials) as never,
        options as never,
      );
    await t.resolves(authenticate({}, 'payload' in request ? { payload: request.payload } : {}));
    await t.rejects(authenticate({ url: '/v1/other' }), { message: 'Bad mac' });
    await t.rejects(authenticate({ method: 'PUT' }), { message: 'Bad mac' });
    if (request.payload) {
      await t.rejects(authenticate({}, { payload: `${request.payload} ` }), { message: 'Bad payload hash' });
    }
  });
}

t.test('every request has a new nonce', async (t) => {
  const request = { method: 'GET', url: 'http://example.org/', timestampSeconds: TS };
  const nonces = Array.from(
    { length: 100 },
    () => /nonce="([^"]+)"/.exec(signRequest(credentials, request))?.[1],
  );
  t.equal(new Set(nonces).size, 100);
});
