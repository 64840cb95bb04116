import type { TokenKind } from './token-store.js';

/** Each has a TTL. Braces decide a cluster's slot: keys of a token share one, keys of an account another. */
export const keys = {
  /** A token, sealed. */
  token: (kind: TokenKind, id: string) => `fxa:${kind}:{${id}}`,
  /** A taken token, preceded by its claim. */
  taken: (kind: TokenKind, id: string) => `fxa:taken:${kind}:{${id}}`,
  tombstone: (id: string, claim: string) => `fxa:tombstone:{${id}}:${claim}`,
  guesses: (id: string) => `fxa:guesses:{${id}}`,
  /** Sorted set of an account's tokens as `kind:id`, by expiry. */
  index: (uid: string) => `fxa:account:{${uid}}`,
  /** Hash: the last forgotPasswordToken that each source requested, by a keyed hash of the source. */
  forgot: (uid: string) => `fxa:forgot:{${uid}}`,
  /** Sorted set of the nonces used with an account's tokens, by expiry. */
  nonces: (uid: string) => `fxa:nonces:{${uid}}`,
};

/** Channel of account changes; a message is a uid. */
export const CHANGES_CHANNEL = 'fxa:changes';
