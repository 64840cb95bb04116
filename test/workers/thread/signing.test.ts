import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { BitString, Integer, ObjectIdentifier, Sequence } from 'asn1js';
import t from 'tap';
import type { BrowserIdPublicKey, SigningAlgorithm } from '../../../protocol/browserid-keys.js';
import { bytesToInteger } from '../../../protocol/srp.js';
import { generateSigningKey, openSigningKey } from '../../../server/certificates/signing-key.js';
import { CryptoPool } from '../../../workers/crypto-pool.js';

const payload = JSON.stringify({ iss: 'example.org', principal: { email: 'é@example.org' } });
const cryptoPool = new CryptoPool({ modPow: 'openssl', threads: 1 });
t.teardown(() => cryptoPool.close());

function importPublicKey(key: BrowserIdPublicKey): KeyObject {
  if (key.algorithm === 'RS') {
    const base64url = (decimal: string) => {
      const hex = BigInt(decimal).toString(16);
      return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
    };
    return createPublicKey({
      key: { kty: 'RSA', n: base64url(key.n), e: base64url(key.e) },
      format: 'jwk',
    });
  }
  const integer = (hex: string) => Integer.fromBigInt(BigInt(`0x${hex}`));
  const parameters = new Sequence({ value: [key.p, key.q, key.g].map(integer) });
  const algorithm = new Sequence({
    value: [new ObjectIdentifier({ value: '1.2.840.10040.4.1' }), parameters],
  });
  const y = new BitString({ valueHex: integer(key.y).toBER() });
  const spki = new Sequence({ value: [algorithm, y] }).toBER();
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}

/** In BrowserID's form: a DS signature is r | s. */
function isSignedBy(jwt: string, publicKey: KeyObject): boolean {
  const [header, body, signature] = jwt.split('.') as [string, string, string];
  return verify(
    'sha256',
    Buffer.from(`${header}.${body}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
}

const store = (algorithm: SigningAlgorithm, privateKeyPem: string) => ({
  id: `${algorithm}-1`,
  algorithm,
  privateKeyPem,
  createdAt: 0,
  retiredAt: null,
});

const decode = (part: string | undefined) => Buffer.from(part ?? '', 'base64url').toString();

for (const [algorithm, alg, signatureBytes] of [
  ['RS', 'RS256', 256],
  ['DS', 'DS256', 64],
] as const) {
  t.test(`certificates of a new ${algorithm} key verify with its exported public key`, async (t) => {
    const privateKeyPem = await generateSigningKey(algorithm);
    t.match(privateKeyPem, /^-----BEGIN PRIVATE KEY-----/);
    const { privateKey, publicKey } = await openSigningKey(store(algorithm, privateKeyPem));
    t.equal(publicKey.algorithm, algorithm);
    const { jwt } = await cryptoPool.run(
      'sign',
      { keyId: algorithm, algorithm, privateKey, payload },
      { source: '' },
    );
    const [header, body, signature] = jwt.split('.');
    t.same(JSON.parse(decode(header)), { alg });
    t.equal(decode(body), payload);
    t.equal(Buffer.from(signature ?? '', 'base64url').length, signatureBytes);
    t.ok(isSignedBy(jwt, importPublicKey(publicKey)));
    const forged = [header, Buffer.from(`${payload} `).toString('base64url'), signature].join('.');
    t.notOk(isSignedBy(forged, importPublicKey(publicKey)));
  });
}

t.test('exported numbers equal the key’s: RS in decimal, DS in hex', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const exportKey = async (algorithm: SigningAlgorithm, privateKey: KeyObject) => {
    return (await openSigningKey(store(algorithm, pem(privateKey)))).publicKey;
  };
  const { n } = rsa.publicKey.export({ format: 'jwk' });
  t.same(await exportKey('RS', rsa.privateKey), {
    algorithm: 'RS',
    n: bytesToInteger(Buffer.from(n ?? '', 'base64url')).toString(),
    e: '65537',
  });
  const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
  const exported = await exportKey('DS', dsa.privateKey);
  t.match(exported, { algorithm: 'DS', p: /^[0-9a-f]{256}$/, q: /^[0-9a-f]{40}$/ });
  t.ok(importPublicKey(exported).equals(dsa.publicKey));
});

t.test('two keys in use sign separately', async (t) => {
  const opened = async () => openSigningKey(store('RS', await generateSigningKey('RS')));
  const keys = [await opened(), await opened()];
  for (const i of [0, 1, 0, 1] as const) {
    const { privateKey, publicKey } = keys[i] as Awaited<ReturnType<typeof opened>>;
    const { jwt } = await cryptoPool.run(
      'sign',
      { keyId: `RS-${i}`, algorithm: 'RS', privateKey, payload },
      { source: '' },
    );
    t.ok(isSignedBy(jwt, importPublicKey(publicKey)));
  }
});

t.test('an error about an invalid key does not contain it', async (t) => {
  const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
  for (const text of ['not a key', dsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()]) {
    const error = await openSigningKey(store('RS', text)).catch((error: Error) => error);
    t.ok(error instanceof Error);
    t.notMatch((error as Error).message, text);
  }
});
