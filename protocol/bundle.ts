import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, KW } from './names.js';

/** The exchange that a bundle belongs to, which is also its HKDF context (docs/protocol.md, "Bundles"). */
export type BundleContext =
  | 'auth/finish'
  | 'session/create'
  | 'password/change'
  | 'account/keys'
  | 'account/reset';

const MAC_BYTES = 32;

/**
 * Encrypts and authenticates `plaintext`. The bundle is 32 bytes longer. A key seals one bundle only.
 * @param key 32 bytes: a token's requestKey or the SRP session key K
 * @see docs/protocol.md, "Bundles"
 */
export function sealBundle(key: Uint8Array, context: BundleContext, plaintext: Uint8Array): Uint8Array {
  const { hmacKey, xorKey } = deriveBundleKeys(key, context, plaintext.length);
  const ciphertext = xorBytes(plaintext, xorKey);
  return concatBytes(ciphertext, hmac(sha256, hmacKey, ciphertext));
}

/** Returns the plaintext, or `undefined` when the bundle is too short or its MAC is wrong (constant time). */
export function openBundle(
  key: Uint8Array,
  context: BundleContext,
  bundle: Uint8Array,
): Uint8Array | undefined {
  if (bundle.length <= MAC_BYTES) return undefined;
  const ciphertext = bundle.subarray(0, bundle.length - MAC_BYTES);
  const { hmacKey, xorKey } = deriveBundleKeys(key, context, ciphertext.length);
  const mac = hmac(sha256, hmacKey, ciphertext);
  if (!equalBytes(mac, bundle.subarray(ciphertext.length))) return undefined;
  return xorBytes(ciphertext, xorKey);
}

/** @throws RangeError when the lengths differ */
export function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length !== b.length) throw new RangeError(`xor of ${a.length} and ${b.length} bytes`);
  return a.map((byte, i) => byte ^ (b[i] as number));
}

/** Constant time. `timingSafeEqual` is missing in browsers. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

function deriveBundleKeys(key: Uint8Array, context: BundleContext, length: number) {
  const derived = hkdf(sha256, key, undefined, KW(context), MAC_BYTES + length);
  return { hmacKey: derived.subarray(0, MAC_BYTES), xorKey: derived.subarray(MAC_BYTES) };
}
