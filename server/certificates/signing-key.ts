import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { BrowserIdPublicKey, SigningAlgorithm } from '../../protocol/browserid-keys.js';
import type { StoredSigningKey } from '../../storage/signing-keys.js';

/** Uses libuv's threads: RSA takes 0.2 s, DSA 0.5 to 10 s. @returns PKCS #8 in PEM */
export async function generateSigningKey(algorithm: SigningAlgorithm): Promise<string> {
  const { privateKey } =
    algorithm === 'RS'
      ? await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
      : await promisify(generateKeyPair)('dsa', { modulusLength: 2048, divisorLength: 256 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** @throws Error when it is not a private key of its algorithm */
export async function openSigningKey({ algorithm, privateKeyPem }: StoredSigningKey) {
  const privateKey = createPrivateKey(privateKeyPem);
  const publicKey = await exportPublicKey(algorithm, createPublicKey(privateKey));
  return { privateKey, publicKey };
}

async function exportPublicKey(algorithm: SigningAlgorithm, key: KeyObject): Promise<BrowserIdPublicKey> {
  if (algorithm === 'DS') return exportDsaKey(key);
  const { n, e } = key.export({ format: 'jwk' });
  if (!n || !e) throw new Error('not an RSA key');
  return { algorithm, n: toDecimal(n), e: toDecimal(e) };
}

function toDecimal(base64url: string): string {
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`).toString();
}

async function exportDsaKey(key: KeyObject): Promise<BrowserIdPublicKey> {
  // Loaded on demand: most servers sign with RSA.
  const { BitString, fromBER, Integer, Sequence } = await import('asn1js');
  /** The integers of a SubjectPublicKeyInfo, in hex and in order: for DSA p, q, g, y (RFC 3279, 2.3.2). */
  const readIntegers = (node: unknown): string[] => {
    if (node instanceof Sequence) return node.valueBlock.value.flatMap(readIntegers);
    if (node instanceof BitString) return readIntegers(fromBER(node.valueBlock.valueHexView).result);
    if (node instanceof Integer) return [node.toBigInt().toString(16)];
    return [];
  };
  const [p, q, g, y] = readIntegers(fromBER(key.export({ type: 'spki', format: 'der' })).result);
  if (!p || !q || !g || !y) throw new Error('not a DSA key');
  return { algorithm: 'DS', y, p, q, g };
}
