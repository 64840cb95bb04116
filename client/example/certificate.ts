import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import type { PublicKey } from '../endpoints/certificate.js';
import type { KeyServerClient } from '../key-server-client.js';
import { check } from './journal.js';

const HOUR_S = 3600;

interface CertificatePayload {
  'public-key': PublicKey;
  principal: { email: string };
  iat: number;
  exp: number;
}

/** Requests and checks a certificate for one hour (signature: RS only). @returns its principal */
export async function signCertificate(
  client: KeyServerClient,
  sessionToken: string,
  uid: string,
): Promise<string> {
  const publicKey = makePublicKey();
  const { cert } = await client.certificate.sign(sessionToken, { publicKey, duration: HOUR_S });
  const [header, payload, signature] = cert.split('.') as [string, string, string];
  const { principal, exp, 'public-key': certified } = decodeJson<CertificatePayload>(payload);
  check(principal.email.startsWith(`${uid}@`), `the certificate names ${principal.email}`);
  check(JSON.stringify(certified) === JSON.stringify(publicKey), 'the certificate contains another key');
  check(exp > Date.now() && exp <= Date.now() + 2 * HOUR_S * 1000, `the certificate expires at ${exp}`);
  const { 'public-key': serverKey } = await client.getSupportDocument();
  check(
    decodeJson<{ alg: string }>(header).alg.startsWith(serverKey.algorithm),
    'alg does not match the published key',
  );
  if (serverKey.algorithm === 'RS') {
    const key = createPublicKey({ key: toJwk(serverKey), format: 'jwk' });
    const signed = Buffer.from(`${header}.${payload}`);
    check(verify('sha256', signed, key, Buffer.from(signature, 'base64url')), 'the signature is wrong');
  }
  return principal.email;
}

function makePublicKey(): PublicKey {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  return { algorithm: 'RS', n: toDecimal(n as string), e: toDecimal(e as string) };
}

function toJwk({ n, e }: { n: string; e: string }) {
  return { kty: 'RSA', n: fromDecimal(n), e: fromDecimal(e) };
}

function toDecimal(base64url: string): string {
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`).toString();
}

function fromDecimal(decimal: string): string {
  const hex = BigInt(decimal).toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex').toString('base64url');
}

function decodeJson<T>(base64url: string): T {
  return JSON.parse(Buffer.from(base64url, 'base64url').toString());
}
