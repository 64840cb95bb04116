import { createPrivateKey, type KeyObject, sign as signDigest } from 'node:crypto';
import { NodeRSA } from 'node-rsa';
import type { QuickOperations, SigningKey } from '../messages.js';

type Signer = { alg: 'RS256' | 'DS256'; sign: (input: Buffer) => Uint8Array };

const signers = new Map<string, Signer>();

/**
 * Signs a BrowserID certificate.
 * @param input.payload the payload's JSON text
 * @returns `base64url(header).base64url(payload).base64url(signature)`; a DS signature is r | s
 * @see protocol.md, "certificate"
 */
export function sign({ key, payload }: QuickOperations['sign']['in']): QuickOperations['sign']['out'] {
  const signer = signers.get(key.id) ?? createSigner(key);
  signers.set(key.id, signer);
  const signed = [JSON.stringify({ alg: signer.alg }), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  return { jwt: `${signed}.${Buffer.from(signer.sign(Buffer.from(signed))).toString('base64url')}` };
}

function createSigner(key: SigningKey): Signer {
  if (key.algorithm === 'RS') {
    const rsa = new NodeRSA(key.privateKeyPem, 'pkcs8-private-pem', { signingScheme: 'pkcs1-sha256' });
    return { alg: 'RS256', sign: (input) => rsa.sign(input) };
  }
  const dsa: KeyObject = createPrivateKey(key.privateKeyPem);
  // `ieee-p1363` is r | s, each as long as q: what BrowserID asks for.
  return {
    alg: 'DS256',
    sign: (input) => signDigest('sha256', input, { key: dsa, dsaEncoding: 'ieee-p1363' }),
  };
}
