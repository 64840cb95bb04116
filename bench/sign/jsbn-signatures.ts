import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { fromBER, Integer, OctetString, Sequence } from 'asn1js';
import { BigInteger } from 'jsbn';

/*
 * Signatures with SHA-256 on jsbn, as servers without a native module made them. For comparison only:
 * their time depends on their secrets.
 */

/** DER of the DigestInfo that stands before a SHA-256 hash (RFC 8017, section 9.2). */
const SHA256_DIGEST_INFO = '3031300d060960864801650304020105000420';

/** RSASSA-PKCS1-v1_5 by the Chinese remainder theorem (RFC 8017, sections 5.2.1 and 8.2.1). */
export function createJsbnRsaSigner(privateKey: KeyObject): (input: Uint8Array) => Uint8Array {
  const jwk = privateKey.export({ format: 'jwk' }) as Record<'n' | 'p' | 'q' | 'dp' | 'dq' | 'qi', string>;
  const number = (name: keyof typeof jwk) => fromHex(Buffer.from(jwk[name], 'base64url').toString('hex'));
  const [p, q, dP, dQ, qInv] = [number('p'), number('q'), number('dp'), number('dq'), number('qi')];
  const digits = 2 * Buffer.from(jwk.n, 'base64url').length;
  return (input) => {
    const tail = `00${SHA256_DIGEST_INFO}${sha256Hex(input)}`;
    const m = fromHex(`0001${tail.padStart(digits - 4, 'f')}`);
    const s2 = m.mod(q).modPow(dQ, q);
    const s1 = m.mod(p).modPow(dP, p);
    return toBytes(s1.subtract(s2).mod(p).multiply(qInv).mod(p).multiply(q).add(s2), digits);
  };
}

/** DSA (FIPS 186-4, section 4.6); a signature is r | s, each as long as q. */
export function createJsbnDsaSigner(privateKey: KeyObject): (input: Uint8Array) => Uint8Array {
  const { p, q, g, x } = readDsaKey(privateKey);
  const digits = q.bitLength() / 4;
  const qLess1 = q.subtract(BigInteger.ONE);
  return (input) => {
    const k = fromHex(randomBytes(digits / 2).toString('hex'))
      .mod(qLess1)
      .add(BigInteger.ONE);
    const r = g.modPow(k, p).mod(q);
    const s = k
      .modInverse(q)
      .multiply(fromHex(sha256Hex(input)).add(x.multiply(r)))
      .mod(q);
    return Buffer.concat([toBytes(r, digits), toBytes(s, digits)]);
  };
}

/** p, q, g from the algorithm parameters of the key's PKCS #8 form, x from its octets (RFC 3279, 2.3.2). */
function readDsaKey(privateKey: KeyObject) {
  const [, algorithm, octets] = children(fromBER(privateKey.export({ type: 'pkcs8', format: 'der' })).result);
  const [p, q, g] = children(children(algorithm)[1]).map(toInteger);
  if (!(octets instanceof OctetString) || !p || !q || !g) throw new Error('not a DSA private key');
  return { p, q, g, x: toInteger(fromBER(octets.valueBlock.valueHexView).result) };
}

function children(node: unknown): unknown[] {
  if (!(node instanceof Sequence)) throw new Error('not a DSA private key');
  return node.valueBlock.value;
}

function toInteger(node: unknown): BigInteger {
  if (!(node instanceof Integer)) throw new Error('not a DSA private key');
  return fromHex(node.toBigInt().toString(16));
}

function fromHex(hex: string): BigInteger {
  return new BigInteger(hex, 16);
}

function toBytes(integer: BigInteger, digits: number): Buffer {
  return Buffer.from(integer.toString(16).padStart(digits, '0'), 'hex');
}

function sha256Hex(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex');
}
