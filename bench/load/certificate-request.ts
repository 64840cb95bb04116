import { generateKeyPairSync } from 'node:crypto';
import type { PublicKey, SignRequest } from '../../client/endpoints/certificate.js';
import { bytesToInteger } from '../../protocol/srp.js';

/** Body of a certificate/sign for an RSA key of 2048 bits and one hour. */
export const CERTIFICATE_REQUEST: SignRequest = { publicKey: makePublicKey(), duration: 3600 };

function makePublicKey(): PublicKey {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  const decimal = (base64url: string) => bytesToInteger(Buffer.from(base64url, 'base64url')).toString();
  return { algorithm: 'RS', n: decimal(n as string), e: decimal(e as string) };
}
