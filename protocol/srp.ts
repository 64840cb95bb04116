import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes } from './bundle.js';
import { fromHex, toHex } from './hex.js';
import { concatBytes } from './names.js';

/** The functions below use the names of docs/protocol.md, "SRP-6a/SHA256/2048/v1". */
export const SRP_TYPE = 'SRP-6a/SHA256/2048/v1' as const;

/** Length of N, A, B, S and v, in bytes; all are padded to it. */
export const SRP_BYTES = 256;

/** Length of the secret exponents a and b, in bytes (docs/protocol.md, "SRP-6a/SHA256/2048/v1": 32 or more). */
export const SRP_SECRET_BYTES = 32;

/** The 2048-bit prime of RFC 5054, appendix A, in hex. */
export const SRP_N_HEX =
  'ac6bdb41324a9a9bf166de5e1389582faf72b6651987ee07fc3192943db56050a37329cbb4a099ed8193e0757767a13d' +
  'd52312ab4b03310dcd7f48a9da04fd50e8083969edb767b0cf6095179a163ab3661a05fbd5faaae82918a9962f0b93b8' +
  '55f97993ec975eeaa80d740adbf4ff747359d041d5c33ea71d281e446b14773bca97b43a23fb801676bd207a436c6481' +
  'f1d2b9078717461a5b9d32e688f87748544523b524b0d57d5ea77a2775d2ecfa032cfbdbf52fb3786160279004e57ae6' +
  'af874e7303ce53299ccc041c7bc308d82a5698f3a8d0c38271ae35f8e9dbfbb694b5c803d89f7ae435de236d525f5475' +
  '9b65e372fcd68ef20fa7111f9e4aff73';

const N = BigInt(`0x${SRP_N_HEX}`);
const g = padded(2n);
/** `H(PAD(N) | PAD(g))`. Computing it would take 2 ms of CPU in each thread at each start. */
const k = 0x05b9e8ef059c6b32ea59fc1d322d37f04aa30bae5aa9003b8321e21ddb04e300n;

/** Computes base^exponent mod N. `base` and the result have 256 bytes. */
export type ModPow = (base: Uint8Array, exponent: Uint8Array) => Uint8Array;

export function bytesToInteger(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** Returns whether 256 bytes are a valid verifier: 1 < v < N − 1. */
export function isUsableVerifier(verifier: Uint8Array): boolean {
  const v = bytesToInteger(verifier);
  return v > 1n && v < N - 1n;
}

/** Returns whether a public value (A or B) is 0 mod N. Refuse such a value before any use (RFC 5054, 2.5.4). */
export function isZeroModN(publicValue: Uint8Array): boolean {
  return bytesToInteger(publicValue) % N === 0n;
}

/** Computes the verifier `v = g^x mod N`, with `x = H(srpSalt | H(email | ":" | srpPW))`. */
export function computeVerifier(
  modPow: ModPow,
  srpSalt: Uint8Array,
  email: Uint8Array,
  srpPW: Uint8Array,
): Uint8Array {
  const x = computeX(srpSalt, email, srpPW);
  const verifier = modPow(g, x);
  // x is equivalent to the password.
  x.fill(0);
  return verifier;
}

/** Computes the server's public value `B = (k·v + g^b) mod N`. `b`: fresh, at least 32 random bytes. */
export function computeB(modPow: ModPow, verifier: Uint8Array, b: Uint8Array): Uint8Array {
  return padded((k * bytesToInteger(verifier) + bytesToInteger(modPow(g, b))) % N);
}

/** Computes the client's public value `A = g^a mod N`. `a`: fresh, at least 32 random bytes. */
export function computeA(modPow: ModPow, a: Uint8Array): Uint8Array {
  return modPow(g, a);
}

/**
 * Computes the server's `S = (A · v^u)^b mod N`, and from it the expected proof M and the session key K.
 * @throws RangeError when A ≡ 0 mod N; callers check that first with {@link isZeroModN}
 */
export function computeServerProof(
  modPow: ModPow,
  input: { A: Uint8Array; B: Uint8Array; b: Uint8Array; verifier: Uint8Array },
) {
  if (isZeroModN(input.A)) throw new RangeError('A must not be 0 mod N');
  const u = sha256(concatBytes(input.A, input.B));
  const base = (bytesToInteger(input.A) * bytesToInteger(modPow(input.verifier, u))) % N;
  return deriveProof(input.A, input.B, modPow(padded(base), input.b));
}

/**
 * Computes the client's `S = (B − k·g^x)^(a + u·x) mod N`, and from it the proof M and the session key K.
 * @throws RangeError when B ≡ 0 mod N
 */
export function computeClientProof(
  modPow: ModPow,
  input: {
    a: Uint8Array;
    A: Uint8Array;
    B: Uint8Array;
    srpSalt: Uint8Array;
    email: Uint8Array;
    srpPW: Uint8Array;
  },
) {
  if (isZeroModN(input.B)) throw new RangeError('B must not be 0 mod N');
  const u = bytesToInteger(sha256(concatBytes(input.A, input.B)));
  const xBytes = computeX(input.srpSalt, input.email, input.srpPW);
  const kgx = (k * bytesToInteger(modPow(g, xBytes))) % N;
  const base = (((bytesToInteger(input.B) - kgx) % N) + N) % N;
  const exponent = bytesToInteger(input.a) + u * bytesToInteger(xBytes);
  return deriveProof(input.A, input.B, modPow(padded(base), integerToBytes(exponent)));
}

/** Constant time. */
export const isSameProof: (a: Uint8Array, b: Uint8Array) => boolean = equalBytes;

/** Square and multiply on BigInt, for browsers. Accepted risk: its time depends on the secret exponent. */
export const bigintModPow: ModPow = (base, exponent) => {
  let result = 1n;
  const b = bytesToInteger(base) % N;
  for (const byte of exponent) {
    for (let bit = 7; bit >= 0; bit--) {
      result = (result * result) % N;
      if ((byte >> bit) & 1) result = (result * b) % N;
    }
  }
  return padded(result);
};

function computeX(srpSalt: Uint8Array, email: Uint8Array, srpPW: Uint8Array): Uint8Array {
  const inner = sha256(concatBytes(email, Uint8Array.of(0x3a), srpPW));
  return sha256(concatBytes(srpSalt, inner));
}

function deriveProof(A: Uint8Array, B: Uint8Array, S: Uint8Array) {
  return { M: sha256(concatBytes(A, B, S)), K: sha256(S) };
}

function integerToBytes(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return fromHex(hex.length % 2 ? `0${hex}` : hex);
}

function padded(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(2 * SRP_BYTES, '0'));
}
