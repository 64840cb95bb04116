/** Bytes are hex. */
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
  accountResetToken: AccountBound & HawkKeys & { provenBy: 'password' | 'code' };
  forgotPasswordToken: AccountBound & HawkKeys & { token: string; code: string };
}

export type TokenKind = keyof TokenRecords;

interface AccountBound {
  uid: string;
  /** The account's generation when the token was issued. */
  generation: number;
}

interface HawkKeys {
  reqHMACkey: string;
  requestKey: string;
}

export type Stored<Kind extends TokenKind> = TokenRecords[Kind] & {
  /** Ms since 1970. */
  expiresAt: number;
};

export type Taken<Kind extends TokenKind> = Stored<Kind> & {
  claim: string;
};

/** Methods throw StoreUnavailableError within two seconds. What a failed call consumed is restored later. */
export interface TokenStore {
  put<Kind extends TokenKind>(
    kind: Kind,
    id: string,
    record: TokenRecords[Kind],
    ttlSeconds: number,
  ): Promise<void>;

  /** Does not consume it. */
  get<Kind extends TokenKind>(kind: Kind, id: string): Promise<Stored<Kind> | undefined>;

  /** Removes and returns a token. Of several simultaneous calls, one gets it. */
  take<Kind extends TokenKind>(kind: Kind, id: string): Promise<Taken<Kind> | undefined>;

  /**
   * Undoes `take` without changing the token's expiry, now or when the store answers.
   * @returns `false` when the token has expired or its account was forgotten
   */
  restore<Kind extends TokenKind>(kind: Kind, id: string, claim: string): Promise<boolean>;

  /**
   * Removes the previous token of the same source only: a stranger's request must not cancel the owner's.
   * Call it after `put`: of two simultaneous calls one survives. @see docs/protocol.md, "Recovery tokens"
   */
  replaceForgotPasswordToken(uid: string, source: string, id: string, ttlSeconds: number): Promise<void>;

  /** Counts a guess of a recovery code, atomically. @returns guesses with this token so far, and the claim */
  countGuess(id: string, ttlSeconds: number): Promise<{ guesses: number; claim: string }>;

  /** Undoes `countGuess`, now or when the store answers. */
  restoreGuess(id: string, claim: string): Promise<void>;

  guesses(id: string): Promise<number>;

  /** @returns `false` for a replay: the same token has used the nonce */
  claimNonce(
    token: { uid: string; tokenID: string },
    nonce: string,
    ts: number,
    ttlSeconds: number,
  ): Promise<boolean>;

  /** Removes all tokens of an account, taken ones too, and its nonces, now or when the store answers. */
  forgetAccount(uid: string): Promise<void>;

  /** Tells every server that an address was verified or sessions ended, now or when the store answers. */
  announce(uid: string): Promise<void>;

  /**
   * Calls the listener after changes of an account, and after an interruption that may have hidden one.
   * Subscribe before reading the state, or a change is missed. @returns a function that stops listening
   */
  listen(uid: string, listener: () => void): Promise<() => void>;

  ping(): Promise<void>;
  close(): Promise<void>;
}
