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
  TAKE,
  TAKE_BACK,
  UNGUESS,
} from '../redis/scripts.js';
import { parseRedisUrl } from '../redis/topology.js';
import type { Sealer } from '../sealer.js';
import { CHANGES_CHANNEL, keys } from './redis-keys.js';
import type { Stored, TokenKind, TokenRecords, TokenStore } from './token-store.js';

/** Longer than any token lives. */
const INDEX_LIFE_MS = 3_600_000;
/** How long a step that may have been done is remembered, to be undone; and how many are. */
const UNDO_LIFE_MS = 900_000;
const MAX_UNDOS = 10_000;

/** One trip to Redis, as metrics and the count of trips see it. */
export interface CommandTiming {
  ms: number;
  failed: boolean;
}

/** A step to undo: it was asked for, and whether it was done is unknown. */
interface Undo {
  script: RedisScript;
  keys: string[];
  claim: string;
  until: number;
}

/** The store in Redis: for many servers, and for one whose tokens should outlive it. */
export class RedisTokenStore implements TokenStore {
  readonly #link: RedisLink;
  readonly #subscription: RedisLink;
  readonly #sealer: Sealer;
  readonly #now: () => number;
  readonly #observe: (timing: CommandTiming) => void;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #undos: Undo[] = [];

  private constructor(
    url: string,
    sealer: Sealer,
    now: () => number,
    observe: (timing: CommandTiming) => void,
  ) {
    const { connect, connectSubscriber } = parseRedisUrl(url);
    this.#link = new RedisLink(connect, undefined, () => this.#undoAll());
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
    return (await this.#trip(() => runScript(this.#link, RESTORE, tokenKeys, [claim]))) === 1;
  }

  async replaceForgotPasswordToken(uid: string, id: string, ttlSeconds: number) {
    const key = keys.forgot(uid);
    const previous = await this.#trip(() =>
      this.#link.send(key, ['SET', key, id, 'GET', 'PX', toPx(ttlSeconds)]),
    );
    if (previous && previous !== id) {
      await this.#trip(() => this.#forget('forgotPasswordToken', previous as string));
    }
  }

  async countGuess(id: string, ttlSeconds: number) {
    const args = [toPx(ttlSeconds)];
    return Number(await this.#consume(GUESS, UNGUESS, [keys.guesses(id)], randomUUID(), args));
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
    const index = keys.index(uid);
    const tokens = (await this.#trip(() => this.#link.send(index, ['ZRANGE', index, '0', '-1']))) as string[];
    // A token that is put between the two is missed; it is dead, by its generation, and ends by itself.
    await this.#trip(() =>
      Promise.all([
        ...tokens.map((token) => this.#forget(...(token.split(':') as [TokenKind, string]))),
        this.#link.send(index, ['DEL', index, keys.forgot(uid), keys.nonces(uid)]),
      ]),
    );
  }

  async announce(uid: string) {
    await this.#trip(() => this.#link.send(undefined, ['PUBLISH', CHANGES_CHANNEL, uid]));
  }

  async listen(uid: string, listener: () => void) {
    this.#changes.on(uid, listener);
    return () => void this.#changes.off(uid, listener);
  }

  /** Rate counters over the same connection. */
  openRateCounters(): RateCounters {
    // The one command that a limiter needs to count.
    const storeClient = {
      eval: (source: string, options: { keys: string[]; arguments: string[] }) =>
        runScript(this.#link, createScript(source), options.keys, options.arguments),
    };
    return createRateCounters({
      open: (options) => new RateLimiterRedis({ ...options, storeClient, useRedisPackage: true }),
      takeBack: (limiter, key) => runScript(this.#link, TAKE_BACK, [`${limiter.keyPrefix}:${key}`], []),
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

  #forget(kind: TokenKind, id: string): Promise<unknown> {
    const key = keys.token(kind, id);
    return this.#link.send(key, ['DEL', key, keys.taken(kind, id), keys.guesses(id)]);
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
      const sent = !((error as StoreUnavailableError).cause instanceof NotConnectedError);
      if (sent && this.#undos.length < MAX_UNDOS) {
        this.#undos.push({ script: undo, keys: scriptKeys, claim, until: this.#now() + UNDO_LIFE_MS });
        this.#undoAll();
      }
      throw error;
    }
  }

  #undoAll(): void {
    const undos = this.#undos.filter(({ until }) => until > this.#now());
    this.#undos = undos;
    for (const undo of undos) {
      runScript(this.#link, undo.script, undo.keys, [undo.claim]).then(
        () => {
          this.#undos = this.#undos.filter((other) => other !== undo);
        },
        () => {},
      );
    }
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

function toPx(ttlSeconds: number): string {
  return String(Math.ceil(ttlSeconds * 1000));
}
