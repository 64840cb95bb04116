import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { StoreUnavailableError } from '../errors.js';
import { createRateCounters, type RateCounters } from '../rate-counters.js';
import { NotConnectedError, RedisLink } from '../redis/link.js';
import {
  ADD_MEMBER,
  createScript,
  GUESS,
  NOTE_MEMBERS,
  RESTORE,
  type RedisScript,
  runScript,
  runWholeScript,
  TAKE,
  TAKE_BACK,
  UNGUESS,
} from '../redis/scripts.js';
import { parseRedisUrl } from '../redis/topology.js';
import { type RedisSender, type RedisStep, UnfinishedSteps } from '../redis/unfinished-steps.js';
import type { Sealer } from '../sealer.js';
import { CHANGES_CHANNEL, keys } from './redis-keys.js';
import type { Stored, TokenKind, TokenRecords, TokenStore } from './token-store.js';

/** Longer than any token lives. */
const INDEX_LIFE_MS = 3_600_000;

/** One trip to Redis, as metrics and the count of trips see it. */
export interface CommandTiming {
  ms: number;
  failed: boolean;
}

/** The store in Redis: for many servers, and for one whose tokens should outlive it. */
export class RedisTokenStore implements TokenStore {
  readonly #link: RedisLink;
  readonly #subscription: RedisLink;
  readonly #sealer: Sealer;
  readonly #now: () => number;
  readonly #observe: (timing: CommandTiming) => void;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #unfinished: UnfinishedSteps;

  private constructor(
    url: string,
    sealer: Sealer,
    now: () => number,
    observe: (timing: CommandTiming) => void,
  ) {
    const { connect, connectSubscriber } = parseRedisUrl(url);
    this.#unfinished = new UnfinishedSteps(now);
    this.#link = new RedisLink(
      connect,
      // What is owed goes first: who comes back with a token finds it again.
      async (connection) => this.#unfinished.runAll(connection),
      () => this.#unfinished.runAll(this.#link),
    );
    this.#subscription = new RedisLink(connectSubscriber, async (connection) => {
      await connection.subscribe(CHANGES_CHANNEL, (uid) => void this.#changes.emit(uid));
      // What was announced while nobody listened is found out by looking.
      for (const uid of this.#changes.eventNames()) this.#changes.emit(uid);
    });
    this.#sealer = sealer;
    this.#now = now;
    this.#observe = observe;
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
    await Promise.all([store.#link.settle(), store.#subscription.settle()]);
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
    await this.#trip(() =>
      Promise.all([
        runScript(this.#link, ADD_MEMBER, [index], member),
        this.#link.send(key, ['SET', key, sealed.toString('base64'), 'PX', toPx(ttlSeconds)]),
      ]),
    );
  }

  async get<Kind extends TokenKind>(kind: Kind, id: string) {
    const key = keys.token(kind, id);
    return this.#open<Kind>(key, await this.#trip(() => this.#link.send(key, ['GET', key])));
  }

  async take<Kind extends TokenKind>(kind: Kind, id: string) {
    const [key, taken] = [keys.token(kind, id), keys.taken(kind, id)];
    const claim = randomUUID();
    const stored = this.#open<Kind>(key, await this.#consume(TAKE, RESTORE, [key, taken], claim));
    return stored && { ...stored, claim };
  }

  async restore<Kind extends TokenKind>(kind: Kind, id: string, claim: string) {
    const tokenKeys = [keys.token(kind, id), keys.taken(kind, id)];
    try {
      return (await this.#trip(() => runScript(this.#link, RESTORE, tokenKeys, [claim]))) === 1;
    } catch (error) {
      this.#owe((redis) => runWholeScript(redis, RESTORE, tokenKeys, [claim]));
      throw error;
    }
  }

  async replaceForgotPasswordToken(uid: string, id: string, ttlSeconds: number) {
    const key = keys.forgot(uid);
    const previous = await this.#trip(() =>
      this.#link.send(key, ['SET', key, id, 'GET', 'PX', toPx(ttlSeconds)]),
    );
    if (!previous || previous === id) return;
    try {
      await this.#trip(() => this.#forget(this.#link, 'forgotPasswordToken', previous as string));
    } catch (error) {
      this.#owe((redis) => this.#forget(redis, 'forgotPasswordToken', previous as string));
      throw error;
    }
  }

  async countGuess(id: string, ttlSeconds: number) {
    const args = [toPx(ttlSeconds)];
    const claim = randomUUID();
    return { guesses: Number(await this.#consume(GUESS, UNGUESS, [keys.guesses(id)], claim, args)), claim };
  }

  async takeBackGuess(id: string, claim: string) {
    const guesses = [keys.guesses(id)];
    try {
      await this.#trip(() => runScript(this.#link, UNGUESS, guesses, [claim]));
    } catch (error) {
      this.#owe((redis) => runWholeScript(redis, UNGUESS, guesses, [claim]));
      throw error;
    }
  }

  async guesses(id: string) {
    const key = keys.guesses(id);
    return Number(await this.#trip(() => this.#link.send(key, ['SCARD', key])));
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
    return (await this.#trip(() => runScript(this.#link, ADD_MEMBER, [keys.nonces(uid)], member))) === 1;
  }

  async forgetAccount(uid: string) {
    try {
      await this.#forgetAccount(this.#link, uid);
    } catch (error) {
      this.#owe((redis) => this.#forgetAccount(redis, uid));
      throw error;
    }
  }

  async announce(uid: string) {
    const command = ['PUBLISH', CHANGES_CHANNEL, uid];
    try {
      await this.#trip(() => this.#link.send(undefined, command));
    } catch (error) {
      this.#owe((redis) => redis.send(undefined, command));
      throw error;
    }
  }

  async listen(uid: string, listener: () => void) {
    this.#changes.on(uid, listener);
    return () => void this.#changes.off(uid, listener);
  }

  /** Rate counters over the same connection. */
  openRateCounters(): RateCounters {
    // Once: a count that was taken back twice would be somebody else's.
    const oweOne = (key: string) =>
      this.#owe((redis) => runWholeScript(redis, TAKE_BACK, [key], []), { once: true });
    // The one command that a limiter needs to count.
    const storeClient = {
      eval: async (source: string, options: { keys: string[]; arguments: string[] }) => {
        try {
          return await runScript(this.#link, createScript(source), options.keys, options.arguments);
        } catch (error) {
          if (wasSent(error)) oweOne(options.keys[0] as string);
          throw error;
        }
      },
    };
    return createRateCounters({
      open: (options) => new RateLimiterRedis({ ...options, storeClient, useRedisPackage: true }),
      takeBack: async (limiter, name) => {
        const key = `${limiter.keyPrefix}:${name}`;
        try {
          return await runScript(this.#link, TAKE_BACK, [key], []);
        } catch (error) {
          if (!wasSent(error)) oweOne(key);
          throw error;
        }
      },
      index: (uid, members, seconds) =>
        runScript(this.#link, NOTE_MEMBERS, [keys.counters(uid)], [toPx(seconds), ...members]),
      forget: (uid) => this.#forgetCounters(uid),
      guard: (work) => this.#trip(work),
    });
  }

  async ping() {
    await this.#trip(() => this.#link.send(undefined, ['PING']));
  }

  async close() {
    this.#link.close();
    this.#subscription.close();
  }

  async #forgetCounters(uid: string): Promise<void> {
    const note = keys.counters(uid);
    const counters = (await this.#trip(() => this.#link.send(note, ['SMEMBERS', note]))) as string[];
    // Each by itself: in a cluster they are in different slots.
    await this.#trip(() => Promise.all([...counters, note].map((key) => this.#link.send(key, ['DEL', key]))));
  }

  async #forgetAccount(redis: RedisSender, uid: string): Promise<void> {
    const index = keys.index(uid);
    const tokens = (await this.#trip(() => redis.send(index, ['ZRANGE', index, '0', '-1']))) as string[];
    // A token that is put between the two is missed; it is dead, by its generation, and ends by itself.
    await this.#trip(() =>
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
      return await this.#trip(() => runScript(this.#link, script, scriptKeys, [claim, ...args]));
    } catch (error) {
      if (wasSent((error as StoreUnavailableError).cause)) {
        this.#owe((redis) => runWholeScript(redis, undo, scriptKeys, [claim]));
      }
      throw error;
    }
  }

  #owe(step: RedisStep, options?: { once: boolean }): void {
    this.#unfinished.add(this.#link, step, options);
  }

  #open<Kind extends TokenKind>(key: string, sealed: unknown): Stored<Kind> | undefined {
    if (typeof sealed !== 'string') return undefined;
    return JSON.parse(this.#sealer.open(key, Buffer.from(sealed, 'base64')).toString());
  }

  async #trip<Reply>(send: () => Promise<Reply>): Promise<Reply> {
    const started = performance.now();
    let failed = true;
    try {
      const reply = await send();
      failed = false;
      return reply;
    } catch (error) {
      throw new StoreUnavailableError('tokens', error);
    } finally {
      this.#observe({ ms: performance.now() - started, failed });
    }
  }
}

/** Whether a command that failed may have been done, or be done yet. */
function wasSent(failure: unknown): boolean {
  return !(failure instanceof NotConnectedError);
}

function toPx(ttlSeconds: number): string {
  return String(Math.ceil(ttlSeconds * 1000));
}
