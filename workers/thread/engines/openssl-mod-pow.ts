import { createDiffieHellman, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { type ModPow, SRP_BYTES, SRP_N_HEX } from '../../../protocol/srp.js';

const N = Buffer.from(SRP_N_HEX, 'hex');
const ZERO = new Uint8Array(SRP_BYTES);
const ONE = ZERO.slice().fill(1, -1);
const TWO = ZERO.slice().fill(2, -1);
const MINUS_ONE = Uint8Array.from(N).fill((N.at(-1) as number) - 1, -1);

/** They lose as much time as the creation of a group takes, 0.5 s. */
const EXPONENTIATIONS_BEFORE_GROUP = 400;

const TAG = { integer: 0x02, bitString: 0x03, octetString: 0x04, sequence: 0x30 };
/** dhKeyAgreement (PKCS #3), 1.2.840.113549.1.3.1. */
const OBJECT_ID = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01];
/** p = N, g = 2. */
const ALGORITHM = encode(TAG.sequence, [
  ...OBJECT_ID,
  ...encode(TAG.sequence, [...encodeInteger(N), ...encodeInteger(Uint8Array.of(2))]),
]);

/** OpenSSL's Diffie-Hellman with keys in DER: constant-time in the exponent, 1 to 3 ms, no preparation. */
export const opensslModPow: ModPow = withTrivialPowers((base, exponent) => {
  const der = encodePrivateKey(exponent);
  try {
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    // OpenSSL computes 2^exponent, the public half, with each private key.
    if (isSame(base, TWO)) {
      return decodePublicKey(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
    }
    const publicKey = createPublicKey({ key: encodePublicKey(base), format: 'der', type: 'spki' });
    return new Uint8Array(diffieHellman({ privateKey, publicKey }));
  } finally {
    der.fill(0);
  }
});

/** For threads with many operations: creates a group after {@link EXPONENTIATIONS_BEFORE_GROUP} of them. */
export function createOpensslModPow(): ModPow {
  let modPow = opensslModPow;
  let powersLeft = EXPONENTIATIONS_BEFORE_GROUP;
  return (base, exponent) => {
    if (powersLeft-- === 0) modPow = createGroupModPow();
    return modPow(base, exponent);
  };
}

/** An exponentiation takes 0.6 ms. Creating the group takes 0.5 s: OpenSSL tests the prime. */
export function createGroupModPow(): ModPow {
  const group = createDiffieHellman(N, 2);
  return withTrivialPowers((base, exponent) => {
    group.setPrivateKey(exponent);
    const power = new Uint8Array(group.computeSecret(base));
    // OpenSSL wipes the exponent when the next one replaces it.
    group.setPrivateKey(ONE);
    return power;
  });
}

/** Computes powers that OpenSSL refuses: of the bases 0, 1 and N − 1, and with the exponent 0. */
function withTrivialPowers(modPow: ModPow): ModPow {
  return (base, exponent) => {
    if (exponent.every((byte) => byte === 0) || isSame(base, ONE)) return ONE.slice();
    if (isSame(base, ZERO)) return ZERO.slice();
    if (isSame(base, MINUS_ONE)) return ((exponent.at(-1) as number) & 1 ? MINUS_ONE : ONE).slice();
    return modPow(base, exponent);
  };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Encodes a PrivateKeyInfo (RFC 5208, 5) in one buffer, so that the caller can wipe the exponent. */
function encodePrivateKey(exponent: Uint8Array): Buffer {
  const digits = withoutLeadingZeros(exponent);
  const integer = [
    ...encodeHead(TAG.integer, signBytes(digits).length + digits.length),
    ...signBytes(digits),
  ];
  const octets = encodeHead(TAG.octetString, integer.length + digits.length);
  const body = [...encodeInteger(Uint8Array.of(0)), ...ALGORITHM, ...octets, ...integer];
  const head = encodeHead(TAG.sequence, body.length + digits.length);
  return Buffer.concat([Uint8Array.from([...head, ...body]), digits]);
}

/** RFC 5280, 4.1. */
function encodePublicKey(value: Uint8Array): Buffer {
  const bits = encode(TAG.bitString, [0, ...encodeInteger(value)]);
  return Buffer.from(encode(TAG.sequence, [...ALGORITHM, ...bits]));
}

function decodePublicKey(der: Buffer): Uint8Array {
  const afterHead = (at: number) =>
    at + 2 + ((der[at + 1] as number) & 0x80 ? (der[at + 1] as number) & 0x7f : 0);
  const bits = afterHead(0) + ALGORITHM.length;
  const digits = withoutLeadingZeros(der.subarray(afterHead(afterHead(bits) + 1)));
  const value = new Uint8Array(SRP_BYTES);
  value.set(digits, SRP_BYTES - digits.length);
  return value;
}

/** Encodes DER (X.690, 8.1). */
function encode(tag: number, content: number[]): number[] {
  return [...encodeHead(tag, content.length), ...content];
}

function encodeHead(tag: number, length: number): number[] {
  if (length < 0x80) return [tag, length];
  return length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
}

function encodeInteger(value: Uint8Array): number[] {
  const digits = withoutLeadingZeros(value);
  return encode(TAG.integer, [...signBytes(digits), ...digits]);
}

/** A leading zero byte keeps an integer positive if its first bit is set. */
function signBytes(digits: Uint8Array): number[] {
  return (digits[0] as number) & 0x80 ? [0] : [];
}

function withoutLeadingZeros(value: Uint8Array): Uint8Array {
  const first = value.findIndex((byte) => byte !== 0);
  return value.subarray(first < 0 ? -1 : first);
}
