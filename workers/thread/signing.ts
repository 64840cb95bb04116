import { type KeyObject, sign as signDigest } from 'node:crypto';
import type { NodeRSA } from 'node-rsa';
import type { CryptoOperations } from '../messages.js';

/** By key ID. */
const rsaKeys = new Map<string, NodeRSA>();

/** Signs a BrowserID certificate. `payload` is JSON text. @see docs/protocol.md, "Certificates" */
export async function sign({
  keyId,
  algorithm,
  privateKey,
  payload,
}: CryptoOperations['sign']['in']): CryptoOperations['sign']['out'] {
  const signed = [JSON.stringify({ alg: `${algorithm}256` }), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  const input = Buffer.from(signed);
  const signature =
    algorithm === 'RS'
      ? (await openRsaKey(keyId, privateKey)).sign(input)
      : // `ieee-p1363` is r | s, each as long as q: the form of BrowserID.
        signDigest('sha256', input, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { jwt: `${signed}.${Buffer.from(signature).toString('base64url')}` };
}

async function openRsaKey(keyId: string, privateKey: KeyObject): Promise<NodeRSA> {
  const opened = rsaKeys.get(keyId);
  if (opened) return opened;
  const { NodeRSA } = await import('node-rsa');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const key = new NodeRSA(pem, 'pkcs8-private-pem', { signingScheme: 'pkcs1-sha256' });
  rsaKeys.set(keyId, key);
  return key;
}
