import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { StoreUnavailableError } from '../errors.js';
import type { RateCounters } from '../rate-counters.js';
import { ReconnectingConnection } from '../redis/reconnecting-connection.js';
import { type CommandTiming, RedisClient, wasSent } from '../redis/redis-client.js';
import { createRedisRateCounters } from '../redis/redis-rate-counters.js';
import {
  ADD_MEMBER,
  GUESS,
  RESTORE,
  type RedisScript,
  runScript,
  runWholeScript,
  TAKE,
  toPx,
  UNGUESS,
} from '../redis/scripts.js';
import { parseRedisUrl } from '../redis/topology.js';
import type { RedisSender } from '../redis/unfinished-steps.js';
import type { Sealer } from '../sealer.js';
import { CHANGES_CHANNEL, keys } from './redis-keys.js';
import type { Stored, TokenKind, TokenRecords, TokenStore } from './token-store.js';

/** Longer than any token lives. */
const INDEX_LIFE_MS = 3_600_000;

/** The store in Redis: for many servers, and for one whose tokens should outlive it. */
export class RedisTokenStore implements TokenStore {
  readonly #redis: RedisClient;
  readonly #subscription: ReconnectingConnection;
  readonly #sealer: Sealer;
  readonly #now: () => number;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  private constructor(
    url: string,
    sealer: Sealer,
    now: () => number,
    observe: (timing: CommandTiming) => void,
  ) {
    const { connect, connectSubscriber } = parseRedisUrl(url);
    this.#redis = new RedisClient(connect, now, observe);
    this.#subscription = new ReconnectingConnection(connectSubscriber, async (connection) => {
      await connection.subscribe(CHANGES_CHANNEL, (uid) => void this.#changes.emit(uid));
      // What was announced while nobody listened is found out by looking.
      for (const uid of this.#changes.eventNames()) this.#changes.emit(uid);
    });
    this.#sealer = sealer;
    this.#now = now;
  }

  /**
   * Starts connecting and waits a moment for it. A Redis that is away is no error here: the store
   * answers StoreUnavailableError until it is there.
   * @param url see parseRedisUrl
   * @param observe told of every trip
   * @throws RangeError when the URL has no form that is known
   */
  static async open(
    url: string,
    sealer: Sealer,
    now: () => number = Date.now,
    observe: (timing: CommandTiming) => void = () => {},
  ): Promise<RedisTokenStore> {
    const store = new RedisTokenStore(url, sealer, now, observe);
    await Promise.all([store.#redis.settle(), store.#subscription.settle()]);
    return store;
  }

  async put<Kind extends TokenKind>(kind: Kind, id: string, record: TokenRecords[Kind], ttlSeconds: number) {
    const key = keys.token(kind, id);
    const index = keys.index(record.uid);
    const now = this.#now();
    const expiresAt = now + ttlSeconds * 1000;
    const sealed = this.#sealer.seal(key, Buffer.from(JSON.stringify({ ...record, expiresAt })));
    const member = [`${kind}:${id}`, expiresAt, now, INDEX_LIFE_MS].map(String);
    // Sent together, so that they share one trip; the index first, so that it lists whatever there is.
    await this.#redis.trip(() =>
      Promise.all([
        runScript(this.#redis, ADD_MEMBER, [index], member),
        this.#redis.send(key, ['SET', key, sealed.toString('base64'), 'PX', toPx(ttlSeconds)]),
      ]),
    );
  }

  async get<Kind extends TokenKind>(kind: Kind, id: string) {
    const key = keys.token(kind, id);
    return this.#open<Kind>(key, await this.#command(key, 'GET', key));
  }

  async take<Kind extends TokenKind>(kind: Kind, id: string) {
    const [key, taken] = [keys.token(kind, id), keys.taken(kind, id)];
    const claim = randomUUID();
    const stored = this.#open<Kind>(key, await this.#consume(TAKE, RESTORE, [key, taken], claim));
    return stored && { ...stored, claim };
  }

  async restore<Kind extends TokenKind>(kind: Kind, id: string, claim: string) {
    return (await this.#undo(RESTORE, [keys.token(kind, id), keys.taken(kind, id)], claim)) === 1;
  }

  async replaceForgotPasswordToken(uid: string, id: string, ttlSeconds: number) {
    const key = keys.forgot(uid);
    const previous = await this.#command(key, 'SET', key, id, 'GET', 'PX', toPx(ttlSeconds));
    if (!previous || previous === id) return;
    const forget = (redis: RedisSender) => this.#forget(redis, 'forgotPasswordToken', previous as string);
    await this.#redis.orLater(() => this.#redis.trip(() => forget(this.#redis)), forget);
  }

  async countGuess(id: string, ttlSeconds: number) {
    const args = [toPx(ttlSeconds)];
    const claim = randomUUID();
    return { guesses: Number(await this.#consume(GUESS, UNGUESS, [keys.guesses(id)], claim, args)), claim };
  }

  async takeBackGuess(id: string, claim: string) {
    await this.#undo(UNGUESS, [keys.guesses(id)], claim);
  }

  async guesses(id: string) {
    const key = keys.guesses(id);
    return Number(await this.#command(key, 'SCARD', key));
  }

  async claimNonce(
    { uid, tokenID }: { uid: string; tokenID: string },
    nonce: string,
    ts: number,
    ttlSeconds: number,
  ) {
    const now = this.#now();
    const lifeMs = Math.ceil(ttlSeconds * 1000);
    const member = [`${tokenID}:${ts}:${nonce}`, now + lifeMs, now, lifeMs].map(String);
    return (await this.#script(ADD_MEMBER, [keys.nonces(uid)], member)) === 1;
  }

  async forgetAccount(uid: string) {
    const forget = (redis: RedisSender) => this.#forgetAccount(redis, uid);
    await this.#redis.orLater(() => forget(this.#redis), forget);
  }

  async announce(uid: string) {
    const publish = (redis: RedisSender) => redis.send(undefined, ['PUBLISH', CHANGES_CHANNEL, uid]);
    await this.#redis.orLater(() => this.#redis.trip(() => publish(this.#redis)), publish);
  }

  async listen(uid: string, listener: () => void) {
    this.#changes.on(uid, listener);
    return () => void this.#changes.off(uid, listener);
  }

  /** Rate counters over the same connection. */
  openRateCounters(): RateCounters {
    return createRedisRateCounters(this.#redis);
  }

  async ping() {
    await this.#command(undefined, 'PING');
  }

  async close() {
    this.#redis.close();
    this.#subscription.close();
  }

  async #forgetAccount(redis: RedisSender, uid: string): Promise<void> {
    const index = keys.index(uid);
    const tokens = (await this.#redis.trip(() =>
      redis.send(index, ['ZRANGE', index, '0', '-1']),
    )) as string[];
    // A token that is put between the two is missed; it is dead, by its generation, and ends by itself.
    await this.#redis.trip(() =>
      Promise.all([
        ...tokens.map((token) => this.#forget(redis, ...(token.split(':') as [TokenKind, string]))),
        redis.send(index, ['DEL', index, keys.forgot(uid), keys.nonces(uid)]),
      ]),
    );
  }

  #forget(redis: RedisSender, kind: TokenKind, id: string): Promise<unknown> {
    const key = keys.token(kind, id);
    return redis.send(key, ['DEL', key, keys.taken(kind, id), keys.guesses(id)]);
  }

  /** One trip for one command. */
  #command(key: string | undefined, ...command: string[]): Promise<unknown> {
    return this.#redis.trip(() => this.#redis.send(key, command));
  }

  /** One trip for one script. */
  #script(script: RedisScript, scriptKeys: string[], args: string[]): Promise<unknown> {
    return this.#redis.trip(() => runScript(this.#redis, script, scriptKeys, args));
  }

  /**
   * Runs a script that uses something up. Without an answer it may have run, or run yet: a Redis that was
   * only slow works through all it was sent. So the script that undoes it is sent behind it, and again
   * until it is answered.
   */
  async #consume(
    script: RedisScript,
    undo: RedisScript,
    scriptKeys: string[],
    claim: string,
    args: string[] = [],
  ): Promise<unknown> {
    try {
      return await this.#script(script, scriptKeys, [claim, ...args]);
    } catch (error) {
      if (wasSent((error as StoreUnavailableError).cause)) {
        this.#redis.owe((redis) => runWholeScript(redis, undo, scriptKeys, [claim]));
      }
      throw error;
    }
  }

  /** Runs a script that gives something back: now, or as soon as it can be. */
  #undo(script: RedisScript, scriptKeys: string[], claim: string): Promise<unknown> {
    return this.#redis.orLater(
      () => this.#script(script, scriptKeys, [claim]),
      (redis) => runWholeScript(redis, script, scriptKeys, [claim]),
    );
  }

  #open<Kind extends TokenKind>(key: string, sealed: unknown): Stored<Kind> | undefined {
    if (typeof sealed !== 'string') return undefined;
    return JSON.parse(this.#sealer.open(key, Buffer.from(sealed, 'base64')).toString());
  }
}
