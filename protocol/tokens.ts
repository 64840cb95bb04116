import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { KW } from './names.js';

/** The tokens that sign Hawk requests (docs/protocol.md, "Tokens"). */
export const HAWK_TOKEN_TYPES = [
  'sessionToken',
  'keyFetchToken',
  'authToken',
  'accountResetToken',
  'forgotPasswordToken',
] as const;

export type HawkTokenType = (typeof HAWK_TOKEN_TYPES)[number];

/** Length of every token and of each key derived from it, in bytes. */
export const TOKEN_BYTES = 32;

/** 32 bytes each: the Hawk id, the Hawk key, and the key of the bundle in a request or reply. */
export interface TokenKeys {
  tokenID: Uint8Array;
  reqHMACkey: Uint8Array;
  requestKey: Uint8Array;
}

const INFO = Object.fromEntries(HAWK_TOKEN_TYPES.map((type) => [type, KW(type)])) as Record<
  HawkTokenType,
  Uint8Array
>;

/**
 * Derives `tokenID | reqHMACkey | requestKey = HKDF(token, type, 96)`.
 * @throws RangeError when the token is not 32 bytes
 * @see docs/protocol.md, "Tokens"; RFC 5869
 */
export function deriveTokenKeys(type: HawkTokenType, token: Uint8Array): TokenKeys {
  if (token.length !== TOKEN_BYTES) {
    throw new RangeError(`${type} must be ${TOKEN_BYTES} bytes, got ${token.length}`);
  }
  const derived = hkdf(sha256, token, undefined, INFO[type], 3 * TOKEN_BYTES);
  return {
    tokenID: derived.subarray(0, 32),
    reqHMACkey: derived.subarray(32, 64),
    requestKey: derived.subarray(64, 96),
  };
}
