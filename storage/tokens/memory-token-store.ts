import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { ExpiringMap } from './expiring-map.js';
import type { Stored, TokenKind, TokenRecords, TokenStore } from './token-store.js';

type Tokens<Value> = { [Kind in TokenKind]: ExpiringMap<Value> };

const SWEEP_MS = 10_000;
/** Longer than the TTL of any token. */
const INDEX_LIFE_MS = 3_600_000;

/** For a single server. A restart loses the tokens, and clients start their flows again. */
export class MemoryTokenStore implements TokenStore {
  readonly #now: () => number;
  readonly #tokens = perKind<Stored<TokenKind>>();
  readonly #taken = perKind<{ claim: string; stored: Stored<TokenKind> }>();
  /** uid → tokens, as `kind:id`. */
  readonly #index = new ExpiringMap<ExpiringMap<true>>();
  /** uid → nonces. */
  readonly #nonces = new ExpiringMap<ExpiringMap<true>>();
  /** uid → source → tokenID of the last forgotPasswordToken it requested. */
  readonly #forgot = new ExpiringMap<ExpiringMap<string>>();
  /** tokenID → claims of the guesses. */
  readonly #guesses = new ExpiringMap<Set<string>>();
  /** Without a limit, because each event stream of an account adds a listener. */
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #sweeper: NodeJS.Timeout;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  async put<Kind extends TokenKind>(kind: Kind, id: string, record: TokenRecords[Kind], ttlSeconds: number) {
    const now = this.#now();
    const expiresAt = now + ttlSeconds * 1000;
    this.#tokens[kind].set(id, { ...record, expiresAt }, expiresAt, now);
    const index = this.#index.get(record.uid, now) ?? new ExpiringMap<true>();
    index.set(`${kind}:${id}`, true, expiresAt, now);
    this.#index.set(record.uid, index, now + INDEX_LIFE_MS, now);
  }

  async get<Kind extends TokenKind>(kind: Kind, id: string) {
    return this.#tokens[kind].get(id, this.#now()) as Stored<Kind> | undefined;
  }

  async take<Kind extends TokenKind>(kind: Kind, id: string) {
    const now = this.#now();
    const stored = this.#tokens[kind].get(id, now) as Stored<Kind> | undefined;
    if (!stored) return undefined;
    const claim = randomUUID();
    this.#tokens[kind].delete(id);
    this.#taken[kind].set(id, { claim, stored }, stored.expiresAt, now);
    return { ...stored, claim };
  }

  async restore<Kind extends TokenKind>(kind: Kind, id: string, claim: string) {
    const now = this.#now();
    const taken = this.#taken[kind].get(id, now);
    if (taken?.claim !== claim) return false;
    this.#taken[kind].delete(id);
    this.#tokens[kind].set(id, taken.stored, taken.stored.expiresAt, now);
    return true;
  }

  async replaceForgotPasswordToken(uid: string, source: string, id: string, ttlSeconds: number) {
    const now = this.#now();
    const expiresAt = now + ttlSeconds * 1000;
    const bySource = this.#forgot.get(uid, now) ?? new ExpiringMap<string>();
    const previous = bySource.get(source, now);
    if (previous && previous !== id) this.#forget(`forgotPasswordToken:${previous}`);
    bySource.set(source, id, expiresAt, now);
    this.#forgot.set(uid, bySource, expiresAt, now);
  }

  async countGuess(id: string, ttlSeconds: number) {
    const now = this.#now();
    const claim = randomUUID();
    const claims = (this.#guesses.get(id, now) ?? new Set()).add(claim);
    this.#guesses.set(id, claims, now + ttlSeconds * 1000, now);
    return { guesses: claims.size, claim };
  }

  async restoreGuess(id: string, claim: string) {
    this.#guesses.get(id, this.#now())?.delete(claim);
  }

  async guesses(id: string) {
    return this.#guesses.get(id, this.#now())?.size ?? 0;
  }

  async claimNonce(
    { uid, tokenID }: { uid: string; tokenID: string },
    nonce: string,
    ts: number,
    ttlSeconds: number,
  ) {
    const now = this.#now();
    const expiresAt = now + ttlSeconds * 1000;
    const nonces = this.#nonces.get(uid, now) ?? new ExpiringMap<true>();
    const key = `${tokenID}:${ts}:${nonce}`;
    if (nonces.get(key, now)) return false;
    nonces.set(key, true, expiresAt, now);
    this.#nonces.set(uid, nonces, expiresAt, now);
    return true;
  }

  async forgetAccount(uid: string) {
    for (const token of this.#index.get(uid, this.#now())?.keys() ?? []) this.#forget(token);
    for (const map of [this.#index, this.#forgot, this.#nonces]) map.delete(uid);
  }

  async announce(uid: string) {
    this.#changes.emit(uid);
  }

  async listen(uid: string, listener: () => void) {
    this.#changes.on(uid, listener);
    return () => void this.#changes.off(uid, listener);
  }

  async ping() {}

  async close() {
    clearInterval(this.#sweeper);
    for (const map of this.#maps()) map.clear();
  }

  /** @param token `kind:id` */
  #forget(token: string): void {
    const [kind, id] = token.split(':') as [TokenKind, string];
    for (const map of [this.#tokens[kind], this.#taken[kind], this.#guesses]) map.delete(id);
  }

  #sweep(): void {
    const now = this.#now();
    for (const map of this.#maps()) map.evict(now);
  }

  #maps(): ExpiringMap<unknown>[] {
    const perAccount = [this.#index, this.#nonces, this.#forgot, this.#guesses];
    return [...Object.values(this.#tokens), ...Object.values(this.#taken), ...perAccount];
  }
}

function perKind<Value>(): Tokens<Value> {
  return {
    srpToken: new ExpiringMap(),
    authToken: new ExpiringMap(),
    keyFetchToken: new ExpiringMap(),
    accountResetToken: new ExpiringMap(),
    forgotPasswordToken: new ExpiringMap(),
  };
}
