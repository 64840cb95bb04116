import { EventEmitter } from 'node:events';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { createClient } from 'redis';
import { StoreUnavailableError } from '../errors.js';
import { createRateCounters, type RateCounters } from '../rate-counters.js';
import type { Sealer } from '../sealer.js';
import type { Stored, TokenKind, TokenRecords, TokenStore } from './token-store.js';

/** How long one command may take, in ms, before the request that needs it is told 503. */
const COMMAND_TIMEOUT_MS = 1000;
/** The longest pause between two attempts to reconnect, in ms. */
const MAX_RECONNECT_MS = 500;
/** Longer than any token lives. */
const INDEX_TTL_SECONDS = 3600;
const CHANGES = 'fxa:changes';

type Client = ReturnType<typeof openClient>;

/** The store in Redis: for many servers, and for one whose tokens should outlive it. Every key has a TTL. */
export class RedisTokenStore implements TokenStore {
  readonly #client: Client;
  readonly #subscriber: Client;
  readonly #sealer: Sealer;
  readonly #now: () => number;
  readonly #observe: (timing: { ms: number; failed: boolean }) => void;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  private constructor(
    url: string,
    sealer: Sealer,
    now: () => number,
    observe: (timing: { ms: number; failed: boolean }) => void,
  ) {
    this.#client = openClient(url);
    this.#subscriber = openClient(url);
    this.#sealer = sealer;
    this.#now = now;
    this.#observe = observe;
  }

  /**
   * Starts connecting and waits a moment for it. A Redis that is away is no error here: the store
   * answers StoreUnavailableError until it is there.
   * @param observe told of every command
   */
  static async open(
    url: string,
    sealer: Sealer,
    now: () => number = Date.now,
    observe: (timing: { ms: number; failed: boolean }) => void = () => {},
  ): Promise<RedisTokenStore> {
    const store = new RedisTokenStore(url, sealer, now, observe);
    const connected = Promise.all([store.#client.connect(), store.#subscribe()]).catch(() => {});
    await Promise.race([
      connected,
      new Promise((resolve) => setTimeout(resolve, COMMAND_TIMEOUT_MS).unref()),
    ]);
    return store;
  }

  async put<Kind extends TokenKind>(kind: Kind, id: string, record: TokenRecords[Kind], ttlSeconds: number) {
    await this.restore(kind, id, { ...record, expiresAt: this.#now() + ttlSeconds * 1000 });
  }

  async restore<Kind extends TokenKind>(kind: Kind, id: string, stored: Stored<Kind>) {
    const px = Math.ceil(stored.expiresAt - this.#now());
    if (px <= 0) return;
    const key = `fxa:${kind}:${id}`;
    const sealed = this.#sealer.seal(key, Buffer.from(JSON.stringify(stored))).toString('base64');
    const index = `fxa:account:${stored.uid}`;
    // Issued together, so they share one round trip.
    await this.#command(() =>
      Promise.all([
        this.#client.set(key, sealed, { expiration: { type: 'PX', value: px } }),
        this.#client.sAdd(index, key),
        this.#client.expire(index, INDEX_TTL_SECONDS),
      ]),
    );
  }

  async get<Kind extends TokenKind>(kind: Kind, id: string) {
    const key = `fxa:${kind}:${id}`;
    return this.#open<Kind>(key, await this.#command(() => this.#client.get(key)));
  }

  async take<Kind extends TokenKind>(kind: Kind, id: string) {
    const key = `fxa:${kind}:${id}`;
    return this.#open<Kind>(key, await this.#command(() => this.#client.getDel(key)));
  }

  async replaceForgotPasswordToken(uid: string, id: string, ttlSeconds: number) {
    const previous = await this.#command(() =>
      this.#client.set(`fxa:forgot:${uid}`, id, { GET: true, expiration: { type: 'EX', value: ttlSeconds } }),
    );
    if (previous && previous !== id) {
      await this.#command(() => this.#client.del(`fxa:forgotPasswordToken:${previous}`));
    }
  }

  async countGuess(id: string, ttlSeconds: number) {
    const key = `fxa:guesses:${id}`;
    const [guesses] = await this.#command(() =>
      Promise.all([this.#client.incr(key), this.#client.expire(key, ttlSeconds)]),
    );
    return guesses;
  }

  async guesses(id: string) {
    return Number((await this.#command(() => this.#client.get(`fxa:guesses:${id}`))) ?? 0);
  }

  async claimNonce(tokenID: string, nonce: string, ts: number, ttlSeconds: number) {
    const claimed = await this.#command(() =>
      this.#client.set(`fxa:nonce:${tokenID}:${ts}:${nonce}`, '1', {
        condition: 'NX',
        expiration: { type: 'EX', value: ttlSeconds },
      }),
    );
    return claimed === 'OK';
  }

  async forgetAccount(uid: string) {
    const index = `fxa:account:${uid}`;
    const keys = await this.#command(() => this.#client.sMembers(index));
    await this.#command(() =>
      Promise.all([...keys, index, `fxa:forgot:${uid}`].map((key) => this.#client.del(key))),
    );
  }

  async announce(uid: string) {
    await this.#command(() => this.#client.publish(CHANGES, uid));
  }

  async listen(uid: string, listener: () => void) {
    this.#changes.on(uid, listener);
    return () => void this.#changes.off(uid, listener);
  }

  /** Rate counters over the same connection. */
  openRateCounters(): RateCounters {
    return createRateCounters(
      (options) => new RateLimiterRedis({ ...options, storeClient: this.#client, useRedisPackage: true }),
      (work) => this.#command(work),
    );
  }

  async ping() {
    await this.#command(() => this.#client.ping());
  }

  async close() {
    this.#client.destroy();
    this.#subscriber.destroy();
  }

  /** The client subscribes again by itself whenever it reconnects. */
  async #subscribe(): Promise<void> {
    await this.#subscriber.connect();
    await this.#subscriber.subscribe(CHANGES, (uid) => void this.#changes.emit(uid));
  }

  #open<Kind extends TokenKind>(key: string, sealed: string | null): Stored<Kind> | undefined {
    if (sealed === null) return undefined;
    return JSON.parse(this.#sealer.open(key, Buffer.from(sealed, 'base64')).toString());
  }

  /** Bounds every command: a Redis that accepts connections and says nothing must not hold a request. */
  async #command<Reply>(issue: () => Promise<Reply>): Promise<Reply> {
    const started = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let failed = true;
    try {
      const timeout = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('no answer')), COMMAND_TIMEOUT_MS);
      });
      const reply = await Promise.race([issue(), timeout]);
      failed = false;
      return reply;
    } catch (error) {
      throw new StoreUnavailableError('tokens', error);
    } finally {
      clearTimeout(timer);
      this.#observe({ ms: performance.now() - started, failed });
    }
  }
}

function openClient(url: string) {
  const client = createClient({
    url,
    // Without a connection a command fails at once instead of waiting for one.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: COMMAND_TIMEOUT_MS,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, MAX_RECONNECT_MS),
    },
  });
  // Connection errors are told by the commands that meet them; unheard, the event would end the process.
  client.on('error', () => {});
  return client;
}
