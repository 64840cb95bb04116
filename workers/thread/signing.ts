import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signDigest,
} from 'node:crypto';
import { BitString, fromBER, Integer, Sequence } from 'asn1js';
import { NodeRSA } from 'node-rsa';
import { bytesToInteger } from '../../protocol/srp.js';
import type { BrowserIdPublicKey, QuickOperations, SigningKey } from '../messages.js';

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

/** Makes a 2048-bit RSA key (0.2 s) or a DSA key with a 2048-bit p and a 256-bit q (0.5 to 10 s). */
export function generateKey({
  id,
  algorithm,
}: QuickOperations['generateKey']['in']): QuickOperations['generateKey']['out'] {
  const privateKeyPem =
    algorithm === 'RS'
      ? (new NodeRSA({ b: 2048 }).exportKey('pkcs8-private-pem') as string)
      : generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 })
          .privateKey.export({ type: 'pkcs8', format: 'pem' })
          .toString();
  return { key: { id, algorithm, privateKeyPem } };
}

/** The public half of a signing key, in BrowserID's form. */
export function exportPublicKey({
  key,
}: QuickOperations['exportPublicKey']['in']): QuickOperations['exportPublicKey']['out'] {
  return {
    publicKey: key.algorithm === 'RS' ? exportRsaPublicKey(key) : exportDsaPublicKey(key),
  };
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

function exportRsaPublicKey(key: SigningKey): BrowserIdPublicKey {
  const { n, e } = new NodeRSA(key.privateKeyPem, 'pkcs8-private-pem').exportKey('components-public');
  const exponent = typeof e === 'number' ? BigInt(e) : bytesToInteger(e);
  return { algorithm: 'RS', n: bytesToInteger(n).toString(), e: exponent.toString() };
}

function exportDsaPublicKey(key: SigningKey): BrowserIdPublicKey {
  const spki = createPublicKey(key.privateKeyPem).export({ type: 'spki', format: 'der' });
  const [p, q, g, y] = readDerIntegers(spki);
  if (!p || !q || !g || !y) throw new Error('not a DSA public key');
  return { algorithm: 'DS', y, p, q, g };
}

/** The integers of a SubjectPublicKeyInfo, in hex and in order: for DSA p, q, g, y (RFC 3279, 2.3.2). */
function readDerIntegers(der: Uint8Array): string[] {
  const collect = (node: unknown): string[] => {
    if (node instanceof Sequence) return node.valueBlock.value.flatMap(collect);
    if (node instanceof BitString) return collect(fromBER(node.valueBlock.valueHexView).result);
    if (node instanceof Integer) return [node.toBigInt().toString(16)];
    return [];
  };
  return collect(fromBER(der).result);
}
