/**
 * Short-lived data: tokens, guesses, nonces, and notifications of account changes. MemoryTokenStore and
 * RedisTokenStore share one contract (test/storage/tokens/token-store-contract.ts).
 */

/** The record of each kind of token. Bytes are hex. */
export interface TokenRecords {
  srpToken: AccountBound & {
    verifier: string;
    b: string;
    B: string;
    /** The stored address, when the typed one differs from it in case. */
    storedEmail?: string | undefined;
  };
  authToken: AccountBound & HawkKeys & { authAt: number };
  keyFetchToken: AccountBound & HawkKeys;
  /** The proof with which the client obtained the token. */
  accountResetToken: AccountBound & HawkKeys & { provenBy: 'password' | 'code' };
  forgotPasswordToken: AccountBound & HawkKeys & { token: string; code: string };
}

export type TokenKind = keyof TokenRecords;

interface AccountBound {
  uid: string;
  /** The account's generation when the token was issued. A later generation makes the token invalid. */
  generation: number;
}

interface HawkKeys {
  reqHMACkey: string;
  requestKey: string;
}

/** A record as it is stored. */
export type Stored<Kind extends TokenKind> = TokenRecords[Kind] & {
  /** ms since 1970. */
  expiresAt: number;
};

/** A taken token. */
export type Taken<Kind extends TokenKind> = Stored<Kind> & {
  /** Identifies this take; `restore` requires it. */
  claim: string;
};

/**
 * Every method but `close` throws StoreUnavailableError within two seconds when the store does not answer. What
 * the failed call consumed is then restored when the store answers again (storage/compensation.ts).
 */
export interface TokenStore {
  /** Stores a token until it expires. */
  put<Kind extends TokenKind>(
    kind: Kind,
    id: string,
    record: TokenRecords[Kind],
    ttlSeconds: number,
  ): Promise<void>;

  /** Returns a token without consuming it. */
  get<Kind extends TokenKind>(kind: Kind, id: string): Promise<Stored<Kind> | undefined>;

  /** Removes and returns a token. Of several simultaneous calls, one gets it. */
  take<Kind extends TokenKind>(kind: Kind, id: string): Promise<Taken<Kind> | undefined>;

  /**
   * Undoes `take`; the token's expiry does not change. When the store does not answer, this happens later.
   * @param claim the one that `take` returned
   * @returns `false` when there is nothing to restore: the token has expired, or its account was forgotten
   */
  restore<Kind extends TokenKind>(kind: Kind, id: string, claim: string): Promise<boolean>;

  /**
   * Removes the forgotPasswordToken that the same source requested for the account before this one. Tokens of other
   * sources stay: a stranger's request must not cancel the owner's. Call it after `put`, so that of two at once one
   * survives.
   * @see docs/protocol.md, "Recovery tokens"
   */
  replaceForgotPasswordToken(uid: string, source: string, id: string, ttlSeconds: number): Promise<void>;

  /**
   * Counts one guess of a recovery code, atomically.
   * @returns the number of guesses with this token, this one included, and the claim for `restoreGuess`
   */
  countGuess(id: string, ttlSeconds: number): Promise<{ guesses: number; claim: string }>;

  /** Undoes `countGuess`. When the store does not answer, this happens later. */
  restoreGuess(id: string, claim: string): Promise<void>;

  /** Returns the number of guesses with this token. */
  guesses(id: string): Promise<number>;

  /**
   * Claims a Hawk nonce.
   * @returns `false` when the same token used it before: a replay
   */
  claimNonce(
    token: { uid: string; tokenID: string },
    nonce: string,
    ts: number,
    ttlSeconds: number,
  ): Promise<boolean>;

  /**
   * Removes all tokens of an account, including taken ones, and its nonces. When the store does not answer, this
   * happens later.
   */
  forgetAccount(uid: string): Promise<void>;

  /**
   * Notifies every server that an account changed: its address was verified, or sessions ended. When the store
   * does not answer, this happens later.
   */
  announce(uid: string): Promise<void>;

  /**
   * Listens for changes of an account. Subscribe before reading the state, so that no change is missed.
   * @param listener called after a change, and after an interruption that may have hidden one
   * @returns stops listening
   */
  listen(uid: string, listener: () => void): Promise<() => void>;

  ping(): Promise<void>;
  close(): Promise<void>;
}
