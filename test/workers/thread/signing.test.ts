import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { BitString, Integer, ObjectIdentifier, Sequence } from 'asn1js';
import t from 'tap';
import { bytesToInteger } from '../../../protocol/srp.js';
import type { BrowserIdPublicKey, SigningAlgorithm } from '../../../workers/messages.js';
import { QuickLane } from '../../../workers/quick-lane.js';

const payload = JSON.stringify({ iss: 'example.org', principal: { email: 'é@example.org' } });
const quickLane = new QuickLane({ modPow: 'openssl', threads: 1 });
t.teardown(() => quickLane.close());

/** The public key in `node:crypto`'s hands, from nothing but its BrowserID form. */
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

/** Whether a certificate's signature is that of the key, as BrowserID has it: a DS signature is r | s. */
function isSignedBy(jwt: string, publicKey: KeyObject): boolean {
  const [header, body, signature] = jwt.split('.') as [string, string, string];
  return verify(
    'sha256',
    Buffer.from(`${header}.${body}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
}

const decode = (part: string | undefined) => Buffer.from(part ?? '', 'base64url').toString();

for (const [algorithm, alg, signatureBytes] of [
  ['RS', 'RS256', 256],
  ['DS', 'DS256', 64],
] as const) {
  t.test(`a new ${algorithm} key signs certificates that its exported public key verifies`, async (t) => {
    const { key } = await quickLane.run('generateKey', { id: `new ${algorithm}`, algorithm });
    t.match(key, { id: `new ${algorithm}`, algorithm, privateKeyPem: /^-----BEGIN PRIVATE KEY-----/ });
    const { publicKey } = await quickLane.run('exportPublicKey', { key });
    t.equal(publicKey.algorithm, algorithm);
    const { jwt } = await quickLane.run('sign', { key, payload });
    const [header, body, signature] = jwt.split('.');
    t.same(JSON.parse(decode(header)), { alg });
    t.equal(decode(body), payload);
    t.equal(Buffer.from(signature ?? '', 'base64url').length, signatureBytes);
    t.ok(isSignedBy(jwt, importPublicKey(publicKey)));
    const forged = [header, Buffer.from(`${payload} `).toString('base64url'), signature].join('.');
    t.notOk(isSignedBy(forged, importPublicKey(publicKey)));
  });
}

t.test('exported numbers are those of the key: RS in decimal, DS in hex', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const exportKey = async (algorithm: SigningAlgorithm, privateKey: KeyObject) => {
    const key = { id: `theirs ${algorithm}`, algorithm, privateKeyPem: pem(privateKey) };
    return (await quickLane.run('exportPublicKey', { key })).publicKey;
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

t.test('two keys in use at once each sign for themselves', async (t) => {
  const keys = await Promise.all(
    ['one', 'two'].map(async (id) => (await quickLane.run('generateKey', { id, algorithm: 'RS' })).key),
  );
  for (const key of [...keys, ...keys]) {
    const { jwt } = await quickLane.run('sign', { key, payload });
    const { publicKey } = await quickLane.run('exportPublicKey', { key });
    t.ok(isSignedBy(jwt, importPublicKey(publicKey)));
  }
});

t.test('SRP goes on while a DSA key is made', async (t) => {
  const done: string[] = [];
  await Promise.all([
    quickLane.run('generateKey', { id: 'slow', algorithm: 'DS' }).then(() => done.push('key')),
    quickLane.run('srpStart', { verifier: new Uint8Array(256).fill(7) }).then(() => done.push('srp')),
  ]);
  t.same(done, ['srp', 'key']);
});

t.test('what is no key is an error that shows nothing of it', async (t) => {
  const key = { id: 'broken', algorithm: 'RS' as const, privateKeyPem: 'not a key' };
  const sign = quickLane.run('sign', { key, payload });
  await t.rejects(sign, { code: 'QUICK_LANE_FAILED', message: 'sign failed' });
});
