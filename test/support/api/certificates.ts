import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { accept } from './accounts.js';
import { send } from './send.js';
import type { TestServer } from './start-server.js';

export type PublicKey =
  | { algorithm: 'RS'; n: string; e: string }
  | { algorithm: 'DS'; y: string; p: string; q: string; g: string };

/** In the DSA group that all clients of 2013 used. */
export const DSA_KEY = {
  algorithm: 'DS',
  y: '79ea97c17c75cc57ab763225464ef3aad049411537a9faaae888486fb9dc59a71fe73a9cd3048501331c11e3c72c4b77a02c0afb01a8163a3c015b7eca009f904695b83d0d5702c8b255b44aeb551c99abe4c448baeae647b2cecbc5dcf88ea7d246b98e507b733e50db5bbd1413f3203ee50c791b3d71956dcf9529914a0365',
  p: 'ff600483db6abfc5b45eab78594b3533d550d9f1bf2a992a7a8daa6dc34f8045ad4e6e0c429d334eeeaaefd7e23d4810be00e4cc1492cba325ba81ff2d5a5b305a8d17eb3bf4a06a349d392e00d329744a5179380344e82a18c47933438f891e22aeef812d69c8f75e326cb70ea000c3f776dfdbd604638c2ef717fc26d02e17',
  q: 'e21e04f911d1ed7991008ecaab3bf775984309c3',
  g: 'c52a4a0ff3b7e61fdf1867ce84138369a6154f4afa92966e3c827e25cfa6cf508b90e5de419e1337e07a2e9e2a3cd5dea704d175f8ebf6af397d69e110b96afb17c7a03259329e4829b0d03bbc7896b15b4ade53e130858cc34d96269aa89041f409136c7242a38895c9d5bccad4f389af1d7a4bd1398bd072dffa896233397a',
} as const;

export const RSA_KEY = {
  algorithm: 'RS',
  n: '4759385967235610503571494339196749614544606692567785790953934768202714280652973091341316862993582789079872007974809511698859885077002492642203267408776123',
  e: '65537',
} as const;

export function makeRsaKey(): PublicKey {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  const toDecimal = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`).toString();
  return { algorithm: 'RS', n: toDecimal(n), e: toDecimal(e) };
}

/** Verifies a certificate like a relying party, with only the server's support document. */
export async function readCertificate(server: TestServer, cert: string) {
  const document = accept(await send(server, '/.well-known/browserid', { method: 'GET' }));
  return verifyCertificate(cert, document['public-key'] as PublicKey);
}

export function verifyCertificate(cert: string, serverKey: PublicKey): CertificatePayload {
  const [header, payload, signature] = cert.split('.') as [string, string, string];
  const { alg } = decode(header) as { alg: string };
  const key = {
    key: serverKey.algorithm === 'RS' ? importRsa(serverKey) : importDsa(serverKey),
    dsaEncoding: 'ieee-p1363' as const,
  };
  const signed = Buffer.from(`${header}.${payload}`);
  if (alg !== `${serverKey.algorithm}256`) throw new Error(`alg is ${alg}`);
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url')))
    throw new Error('not signed by this key');
  return decode(payload) as CertificatePayload;
}

export interface CertificatePayload {
  'public-key': PublicKey;
  principal: { email: string };
  iat: number;
  exp: number;
  iss: string;
  'fxa-generation': number;
  'fxa-lastAuthAt': number;
  'fxa-verifiedEmail': string;
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

function importRsa({ n, e }: Extract<PublicKey, { algorithm: 'RS' }>): KeyObject {
  const toBase64 = (decimal: string) => unsigned(BigInt(decimal)).toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', n: toBase64(n), e: toBase64(e) }, format: 'jwk' });
}

/** Encodes a DSA key as SubjectPublicKeyInfo (RFC 3279, 2.3.2), because JWK has no DSA. */
function importDsa({ p, q, g, y }: Extract<PublicKey, { algorithm: 'DS' }>): KeyObject {
  const integer = (hex: string) => {
    const bytes = unsigned(BigInt(`0x${hex}`));
    return der(0x02, (bytes[0] as number) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
  };
  const oid = Buffer.from('06072a8648ce380401', 'hex');
  const algorithm = der(0x30, oid, der(0x30, integer(p), integer(q), integer(g)));
  const spki = der(0x30, algorithm, der(0x03, Buffer.alloc(1), integer(y)));
  return createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

/** Encodes tag, length and contents. Integers begin with a zero bit (X.690, 8.1.3 and 8.3). */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = unsigned(BigInt(content.length));
  const longForm = content.length < 0x80 ? [] : [0x80 | length.length];
  return Buffer.concat([Buffer.from([tag, ...longForm]), length, content]);
}

function unsigned(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
}
