/**
 * What is short-lived: tokens with their lives, tries left, nonces, and word of account changes.
 * Two implementations, one contract (test/storage/tokens/token-store-contract.ts): in process and Redis.
 */

/** What each kind of token is kept with. Bytes are hex. */
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
  /** With what the token was bought. */
  accountResetToken: AccountBound & HawkKeys & { provenBy: 'password' | 'code' };
  forgotPasswordToken: AccountBound & HawkKeys & { token: string; code: string };
}

export type TokenKind = keyof TokenRecords;

interface AccountBound {
  uid: string;
  /** The account's generation when the token was made; another one kills the token. */
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

/** A token that was taken. */
export type Taken<Kind extends TokenKind> = Stored<Kind> & {
  /** Proof of who took it: what `restore` asks for. */
  claim: string;
};

/** Every method but `close` throws StoreUnavailableError within two seconds when the store does not answer. */
export interface TokenStore {
  /** Stores a token until its time is over. */
  put<Kind extends TokenKind>(
    kind: Kind,
    id: string,
    record: TokenRecords[Kind],
    ttlSeconds: number,
  ): Promise<void>;

  /** Reads a token and leaves it. */
  get<Kind extends TokenKind>(kind: Kind, id: string): Promise<Stored<Kind> | undefined>;

  /**
   * Removes a token and returns it. Of any number of simultaneous calls one gets it. When the store does
   * not answer, the token is put back as soon as it does: a request that fails consumes nothing.
   */
  take<Kind extends TokenKind>(kind: Kind, id: string): Promise<Taken<Kind> | undefined>;

  /**
   * Gives back a token that was taken for nothing, with what is left of its life. When the store does not
   * answer, it is given back as soon as it does.
   * @param claim the one that `take` returned
   * @returns `false` when there is nothing to give back: its time is over, or its account's tokens are
   *   forgotten
   */
  restore<Kind extends TokenKind>(kind: Kind, id: string, claim: string): Promise<boolean>;

  /**
   * Makes this the account's only forgotPasswordToken; the one before it is removed.
   * Call it after `put`, so that of two at once one survives.
   */
  replaceForgotPasswordToken(uid: string, id: string, ttlSeconds: number): Promise<void>;

  /**
   * Counts one guess of a recovery code, atomically. When the store does not answer, the guess is not
   * counted.
   * @returns how many guesses have been made with this token, this one included, and what `takeBackGuess` asks for
   */
  countGuess(id: string, ttlSeconds: number): Promise<{ guesses: number; claim: string }>;

  /** Uncounts a guess that came to nothing; when the store does not answer, as soon as it does. */
  takeBackGuess(id: string, claim: string): Promise<void>;

  /** How many guesses have been made with this token. */
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
   * Removes every token of an account, those taken and could be restored too, and its nonces. When the store
   * does not answer, as soon as it does.
   */
  forgetAccount(uid: string): Promise<void>;

  /**
   * Tells every server that an account changed: its address was verified, or its sessions ended. When the
   * store does not answer, as soon as it does.
   */
  announce(uid: string): Promise<void>;

  /**
   * Listens for changes of an account. Subscribe first, then read, so that no change is lost.
   * @param listener called after a change, and after an interruption that may have hidden one
   * @returns stops listening
   */
  listen(uid: string, listener: () => void): Promise<() => void>;

  ping(): Promise<void>;
  close(): Promise<void>;
}
