import { EventEmitter } from 'node:events';
import type { Stored, TokenKind, TokenRecords, TokenStore } from './token-store.js';

interface Entry {
  value: unknown;
  expiresAt: number;
}

const SWEEP_MS = 10_000;

/** The in-process store: for one server. Tokens do not outlive it; clients start their flow again. */
export class MemoryTokenStore implements TokenStore {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #sweeper: NodeJS.Timeout;

  /** @param now the clock, ms since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  async put<Kind extends TokenKind>(kind: Kind, id: string, record: TokenRecords[Kind], ttlSeconds: number) {
    const expiresAt = this.#now() + ttlSeconds * 1000;
    this.#set(`${kind}:${id}`, { ...record, expiresAt }, expiresAt);
  }

  async restore<Kind extends TokenKind>(kind: Kind, id: string, stored: Stored<Kind>) {
    this.#set(`${kind}:${id}`, stored, stored.expiresAt);
  }

  async get<Kind extends TokenKind>(kind: Kind, id: string) {
    return this.#get<Stored<Kind>>(`${kind}:${id}`);
  }

  async take<Kind extends TokenKind>(kind: Kind, id: string) {
    const stored = this.#get<Stored<Kind>>(`${kind}:${id}`);
    return stored && this.#entries.delete(`${kind}:${id}`) ? stored : undefined;
  }

  async replaceForgotPasswordToken(uid: string, id: string, ttlSeconds: number) {
    const previous = this.#get<string>(`forgot:${uid}`);
    if (previous && previous !== id) this.#entries.delete(`forgotPasswordToken:${previous}`);
    this.#set(`forgot:${uid}`, id, this.#now() + ttlSeconds * 1000);
  }

  async countGuess(id: string, ttlSeconds: number) {
    const guesses = (this.#get<number>(`guesses:${id}`) ?? 0) + 1;
    this.#set(`guesses:${id}`, guesses, this.#now() + ttlSeconds * 1000);
    return guesses;
  }

  async guesses(id: string) {
    return this.#get<number>(`guesses:${id}`) ?? 0;
  }

  async claimNonce(tokenID: string, nonce: string, ts: number, ttlSeconds: number) {
    const key = `nonce:${tokenID}:${ts}:${nonce}`;
    if (this.#get(key) !== undefined) return false;
    this.#set(key, true, this.#now() + ttlSeconds * 1000);
    return true;
  }

  async forgetAccount(uid: string) {
    for (const [key, { value }] of this.#entries) {
      if ((value as { uid?: string }).uid === uid) this.#entries.delete(key);
    }
    this.#entries.delete(`forgot:${uid}`);
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
    this.#entries.clear();
  }

  #get<Value>(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.expiresAt > this.#now() ? (entry.value as Value) : undefined;
  }

  #set(key: string, value: unknown, expiresAt: number): void {
    this.#entries.set(key, { value, expiresAt });
  }

  #sweep(): void {
    const now = this.#now();
    for (const [key, { expiresAt }] of this.#entries) if (expiresAt <= now) this.#entries.delete(key);
  }
}
