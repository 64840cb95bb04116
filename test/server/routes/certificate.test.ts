import t from 'tap';
import { accept, createAccount, login } from '../../support/api/accounts.js';
import {
  DSA_KEY,
  makeRsaKey,
  type PublicKey,
  RSA_KEY,
  readCertificate,
} from '../../support/api/certificates.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { send } from '../../support/api/send.js';
import { makeDataDir, startServer, type TestServer } from '../../support/api/start-server.js';

const DAY_MS = 86_400_000;

const server = await startServer(t, { PUBLIC_URL: 'https://accounts.example.org/fxa' });
const account = await createAccount(server);
const { sessionToken: token } = await login(server, account);
const signer = { type: 'sessionToken', token } as const;
const sign = (body: object, target: TestServer = server) =>
  send(target, '/v1/certificate/sign', { signer, body });

t.test('a certificate contains key, principal, validity and time of the last password', async (t) => {
  const publicKey = makeRsaKey();
  const before = server.clock.now();
  const { cert } = accept(await sign({ publicKey, duration: 3600 }));
  const after = server.clock.now();
  const read = await readCertificate(server, cert);
  t.match(read, {
    'public-key': publicKey,
    principal: { email: `${account.uid}@accounts.example.org` },
    iss: 'accounts.example.org',
    'fxa-verifiedEmail': account.email,
  });
  t.ok(read.iat >= before - 10_000 && read.iat <= after - 10_000, 'iat is ten seconds ago, in ms');
  t.ok(read.exp >= before + 3_600_000 && read.exp <= after + 3_600_000, 'exp is an hour from now, in ms');
  t.ok(read['fxa-generation'] > before - 60_000 && read['fxa-generation'] <= before, 'in ms');
  t.ok(read['fxa-lastAuthAt'] > before / 1000 - 60 && read['fxa-lastAuthAt'] <= before / 1000, 'in seconds');
});

t.test('the reply has `err`, which clients of 2013 read', async (t) => {
  const reply = accept(await sign({ publicKey: RSA_KEY, duration: 60 }));
  t.same(Object.keys(reply), ['cert', 'err']);
  t.equal(reply.err, null);
});

t.test('a key is certified as given, without other members', async (t) => {
  const publicKey = { ...DSA_KEY, y: DSA_KEY.y.toUpperCase() };
  const { cert } = accept(
    await sign({ publicKey: { ...publicKey, version: '2012.08.15', admin: true }, duration: 1 }),
  );
  t.same((await readCertificate(server, cert))['public-key'], publicKey);
});

t.test('a duration of at most 86,400 is in seconds, a larger one in ms', async (t) => {
  for (const [duration, ms] of [
    [1, 1000],
    [3600, 3_600_000],
    [86_400, DAY_MS],
    [86_401, 86_401],
    [DAY_MS, DAY_MS],
  ] as const) {
    const before = server.clock.now();
    const { exp } = await readCertificate(server, accept(await sign({ publicKey: RSA_KEY, duration })).cert);
    t.ok(exp >= before + ms && exp <= server.clock.now() + ms, `${duration}`);
  }
  for (const duration of [0, -1, 1.5, DAY_MS + 1, 2 ** 53, '3600', null, true, [3600]]) {
    checkRefusal(t, await sign({ publicKey: RSA_KEY, duration }), 400, 107, { param: 'duration' });
  }
  checkRefusal(t, await sign({ publicKey: RSA_KEY }), 400, 108, { param: 'duration' });
});

const [n, e] = [BigInt(RSA_KEY.n), BigInt(RSA_KEY.e)];
const [p, q] = [BigInt(`0x${DSA_KEY.p}`), BigInt(`0x${DSA_KEY.q}`)];
const hex = (value: bigint) => value.toString(16);
const NO_NUMBERS = [
  '',
  ' ',
  '-1',
  '+1',
  '1e+3',
  '0x1f',
  'zz',
  '1.5',
  '1\n',
  '١٢٣',
  65_537,
  null,
  true,
  ['3'],
  {},
];

const WRONG_RSA: Record<'n' | 'e', unknown[]> = {
  n: [
    '0',
    '1',
    '3',
    `${n - 1n}`,
    `0${n}`,
    'ff',
    '7'.repeat(2500),
    '7'.repeat(50_000),
    `${2n ** 8192n + 1n}`,
    ...NO_NUMBERS,
  ],
  e: [
    '1e3',
    '0',
    '1',
    '2',
    '4',
    `${e - 1n}`,
    `0${e}`,
    'ff',
    `${n}`,
    `${n + 2n}`,
    '3'.repeat(2500),
    '3'.repeat(50_000),
    ...NO_NUMBERS,
  ],
};
const WRONG_DSA: Record<'y' | 'p' | 'q' | 'g', unknown[]> = {
  // Not in the subgroup of order q: -y, of order 2q, and a number of large order.
  y: [
    hex(p - BigInt(`0x${DSA_KEY.y}`)),
    '2',
    '0',
    '00',
    '1',
    '01',
    hex(p - 1n),
    hex(p),
    hex(p + 1n),
    'f'.repeat(50_000),
    ...NO_NUMBERS,
  ],
  p: ['0', '1', hex(p - 1n), hex(2n * p), 'f'.repeat(50_000), ...NO_NUMBERS],
  q: ['0', '1', '2', hex(q - 1n), hex(q + 2n), hex(p - 1n), 'f'.repeat(50_000), ...NO_NUMBERS],
  g: ['0', '1', hex(p - 1n), hex(p), 'f'.repeat(50_000), ...NO_NUMBERS],
};

for (const [publicKey, wrongValues] of [
  [RSA_KEY, WRONG_RSA],
  [DSA_KEY, WRONG_DSA],
] as const) {
  for (const [name, values] of Object.entries<unknown[]>(wrongValues)) {
    t.test(`a ${publicKey.algorithm} key with an invalid ${name} is refused`, async (t) => {
      for (const value of values) {
        const reply = await sign({ publicKey: { ...publicKey, [name]: value }, duration: 60 });
        checkRefusal(t, reply, 400, 107, { param: `publicKey.${name}` });
      }
      const reply = await sign({ publicKey: { ...publicKey, [name]: undefined }, duration: 60 });
      checkRefusal(t, reply, 400, 108, { param: `publicKey.${name}` });
    });
  }
}

t.test('a key of 100,000 digits exceeds the body limit', async (t) => {
  checkRefusal(t, await sign({ publicKey: { ...RSA_KEY, n: '7'.repeat(100_000) }, duration: 60 }), 413, 113);
});

t.test('keys of unknown algorithms are refused', async (t) => {
  for (const publicKey of ['RS', 5, null, [], [RSA_KEY]]) {
    checkRefusal(t, await sign({ publicKey, duration: 60 }), 400, 107, { param: 'publicKey' });
  }
  for (const algorithm of ['', 'ES', 'rs', 'RS256', '__proto__', 'constructor', 5, null]) {
    const reply = await sign({ publicKey: { ...RSA_KEY, algorithm }, duration: 60 });
    checkRefusal(t, reply, 400, 107, { param: 'publicKey.algorithm' });
  }
  checkRefusal(t, await sign({ duration: 60 }), 400, 108, { param: 'publicKey' });
  const reply = await sign({ publicKey: { n: RSA_KEY.n, e: RSA_KEY.e }, duration: 60 });
  checkRefusal(t, reply, 400, 108, { param: 'publicKey.algorithm' });
});

t.test('an unverified account gets no certificates and no keys', async (t) => {
  const fresh = await login(server, await createAccount(server, { verified: false }));
  const body = { publicKey: RSA_KEY, duration: 60 };
  const unverified = { type: 'sessionToken', token: fresh.sessionToken } as const;
  checkRefusal(t, await send(server, '/v1/certificate/sign', { signer: unverified, body }), 400, 104);
  const keys = { method: 'GET', signer: { type: 'keyFetchToken', token: fresh.keyFetchToken } } as const;
  checkRefusal(t, await send(server, '/v1/account/keys', keys), 400, 104);
  t.comment('the keyFetchToken is consumed');
  checkRefusal(t, await send(server, '/v1/account/keys', keys), 401, 110);
});

t.test('the signing key survives a restart', async (t) => {
  const DATA_DIR = await makeDataDir(t);
  const readKey = async (server: TestServer) =>
    accept(await send(server, '/.well-known/browserid', { method: 'GET' }))['public-key'] as PublicKey;
  const first = await startServer(t, { DATA_DIR });
  const key = await readKey(first);
  await first.close();
  t.same(await readKey(await startServer(t, { DATA_DIR, DOMAIN: 'example.net' })), key);
});
