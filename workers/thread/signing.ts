import { sign as signDigest } from 'node:crypto';
import type { CryptoOperations } from '../messages.js';

/**
 * Signs a BrowserID certificate.
 * @param input.payload the payload's JSON text
 * @returns `base64url(header).base64url(payload).base64url(signature)`; a DS signature is r | s
 * @see protocol.md, "certificate"
 */
export function sign({
  algorithm,
  privateKey,
  payload,
}: CryptoOperations['sign']['in']): CryptoOperations['sign']['out'] {
  const signed = [JSON.stringify({ alg: `${algorithm}256` }), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  // `ieee-p1363` is r | s, each as long as q: the form of BrowserID. RSA ignores it.
  const signature = signDigest('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return { jwt: `${signed}.${signature.toString('base64url')}` };
}
