import type { TokenKind } from './token-store.js';

/**
 * The keys of tokens in Redis, every one with a TTL. What is in braces decides a cluster's slot: all keys of a token
 * are in one, and all keys of an account in another.
 */
export const keys = {
  /** A token, sealed. */
  token: (kind: TokenKind, id: string) => `fxa:${kind}:{${id}}`,
  /** A token that was taken, behind the claim of who took it. */
  taken: (kind: TokenKind, id: string) => `fxa:taken:${kind}:{${id}}`,
  /** Set of the guesses made with a forgotPasswordToken. */
  guesses: (id: string) => `fxa:guesses:{${id}}`,
  /** Sorted set of an account's tokens as `kind:id`, by when they end. */
  index: (uid: string) => `fxa:account:{${uid}}`,
  /** The id of an account's forgotPasswordToken. */
  forgot: (uid: string) => `fxa:forgot:{${uid}}`,
  /** Sorted set of the nonces that an account's tokens used, by when they may be used again. */
  nonces: (uid: string) => `fxa:nonces:{${uid}}`,
};

/** The channel on which servers tell each other which account changed. */
export const CHANGES_CHANNEL = 'fxa:changes';
