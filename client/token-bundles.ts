import { type BundleContext, openBundle, sealBundle } from '../protocol/bundle.js';
import { fromHex, toHex } from '../protocol/hex.js';
import { concatBytes } from '../protocol/names.js';
import { deriveTokenKeys, type HawkTokenType, TOKEN_BYTES } from '../protocol/tokens.js';
import { ProtocolError } from './errors.js';
import { readHex } from './wire.js';

/** Opens a bundle (hex) of `count` values of 32 bytes each. @throws ProtocolError when it does not open */
export function openValues(
  key: Uint8Array,
  context: BundleContext,
  bundle: string,
  count: number,
): Uint8Array[] {
  const plaintext = openBundle(key, context, readHex(`the ${context} bundle`, bundle));
  if (plaintext?.length !== count * TOKEN_BYTES) {
    throw new ProtocolError(`the server's ${context} bundle does not open`);
  }
  return Array.from({ length: count }, (_, i) => plaintext.slice(i * TOKEN_BYTES, (i + 1) * TOKEN_BYTES));
}

/** Returns the key of the bundle in the token's request or reply. */
export function deriveRequestKey(type: HawkTokenType, token: string): Uint8Array {
  return deriveTokenKeys(type, fromHex(token)).requestKey;
}

/** Seals wrap(kB) (32 bytes) and a verifier (256 bytes) for account/reset. @returns hex */
export function sealReset(accountResetToken: string, wrapKb: Uint8Array, verifier: Uint8Array): string {
  const plaintext = concatBytes(wrapKb, verifier);
  const key = deriveRequestKey('accountResetToken', accountResetToken);
  return toHex(sealBundle(key, 'account/reset', plaintext));
}
