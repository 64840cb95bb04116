import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { BitString, fromBER, Integer, Sequence } from 'asn1js';
import { NodeRSA } from 'node-rsa';
import { bytesToInteger } from '../../protocol/srp.js';
import type {
  BrowserIdPublicKey,
  KeyOperation,
  QuickOperations,
  QuickTask,
  SigningKey,
} from '../messages.js';

const operations = { generateKey, exportPublicKey };

/** A key thread's one task: runs the operation it names. */
export default function runOperation({ op, input }: QuickTask<KeyOperation>) {
  return (operations[op] as (input: unknown) => unknown)(input);
}

/** Makes a 2048-bit RSA key (0.2 s) or a DSA key with a 2048-bit p and a 256-bit q (0.5 to 10 s). */
function generateKey({
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
function exportPublicKey({
  key,
}: QuickOperations['exportPublicKey']['in']): QuickOperations['exportPublicKey']['out'] {
  return {
    publicKey: key.algorithm === 'RS' ? exportRsaPublicKey(key) : exportDsaPublicKey(key),
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
