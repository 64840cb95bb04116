import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { RateCounters } from '../rate-counters.js';
import { ReconnectingConnection } from '../redis/reconnecting-connection.js';
import { type ClaimedEffect, type CommandTiming, RedisClient } from '../redis/redis-client.js';
import { RedisRateCounters } from '../redis/redis-rate-counters.js';
import {
  ADD_MEMBER,
  COUNT,
  REPLACE_FIELD,
  RESTORE_COUNT,
  RESTORE_TOKEN,
  type RedisScript,
  runScript,
  TAKE,
  toPx,
} from '../redis/scripts.js';
import { parseRedisUrl, type RedisSender, type RedisTopology } from '../redis/topology.js';
import type { Sealer } from '../sealer.js';
import { CHANGES_CHANNEL, keys } from './redis-keys.js';
import type { Stored, TokenKind, TokenRecords, TokenStore } from './token-store.js';

/** Longer than the TTL of any token. */
const INDEX_LIFE_MS = 3_600_000;

/** For several servers, or for one whose tokens survive a restart. */
export class RedisTokenStore implements TokenStore {
  readonly #redis: RedisClient;
  readonly #subscription: ReconnectingConnection;
  readonly #sealer: Sealer;
  readonly #now: () => number;
  /** Without a limit, because each event stream of an account adds a listener. */
  readonly #changes = new EventEmitter().setMaxListeners(0);

  private constructor(
    { connect, connectSubscriber }: RedisTopology,
    sealer: Sealer,
    now: () => number,
    observe: (timing: CommandTiming) => void,
  ) {
    this.#redis = new RedisClient(connect, observe);
    this.#subscription = new ReconnectingConnection(connectSubscriber, async (connection) => {
      await connection.subscribe(CHANGES_CHANNEL, (uid) => void this.#changes.emit(uid));
      // Changes may have been missed without a subscription, so listeners read the state again.
      for (const uid of this.#changes.eventNames()) this.#changes.emit(uid);
    });
    this.#sealer = sealer;
    this.#now = now;
  }

  /**
   * Waits one second at most for Redis. Without it, methods throw StoreUnavailableError until it answers.
   * @throws RangeError for a URL of an unknown form
   */
  static async open(
    redis: string | RedisTopology,
    sealer: Sealer,
    now: () => number = Date.now,
    observe: (timing: CommandTiming) => void = () => {},
  ): Promise<RedisTokenStore> {
    const topology = typeof redis === 'string' ? parseRedisUrl(redis) : redis;
    const store = new RedisTokenStore(topology, sealer, now, observe);
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
    // The index comes first, so that it lists every token that exists.
    await this.#redis.roundTrip(() =>
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
    const claim = randomUUID();
    const sealed = await this.#redis.roundTrip(() => this.#redis.consume(takeOf(kind, id, claim)));
    const stored = this.#open<Kind>(keys.token(kind, id), sealed);
    return stored && { ...stored, claim };
  }

  async restore<Kind extends TokenKind>(kind: Kind, id: string, claim: string) {
    return (await this.#redis.roundTrip(() => this.#redis.undo(takeOf(kind, id, claim)))) === 1;
  }

  async replaceForgotPasswordToken(uid: string, source: string, id: string, ttlSeconds: number) {
    const key = keys.forgot(uid);
    const field = this.#sealer.hash(key, source);
    const previous = await this.#script(REPLACE_FIELD, [key], [field, id, toPx(ttlSeconds)]);
    if (!previous || previous === id) return;
    const forget = (redis: RedisSender) => this.#forget(redis, 'forgotPasswordToken', previous as string);
    const { compensations } = this.#redis;
    await compensations.runOrEnqueue(() => this.#redis.roundTrip(() => forget(this.#redis)), forget);
  }

  async countGuess(id: string, ttlSeconds: number) {
    const claim = randomUUID();
    const effect = { ...guessOf(id, claim), args: [toPx(ttlSeconds)] };
    const [guesses] = (await this.#redis.roundTrip(() => this.#redis.consume(effect))) as [number, number];
    return { guesses, claim };
  }

  async restoreGuess(id: string, claim: string) {
    await this.#redis.roundTrip(() => this.#redis.undo(guessOf(id, claim)));
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
    await this.#redis.compensations.runOrEnqueue(() => forget(this.#redis), forget);
  }

  async announce(uid: string) {
    const publish = (redis: RedisSender) => redis.send(undefined, ['PUBLISH', CHANGES_CHANNEL, uid]);
    const { compensations } = this.#redis;
    await compensations.runOrEnqueue(() => this.#redis.roundTrip(() => publish(this.#redis)), publish);
  }

  async listen(uid: string, listener: () => void) {
    this.#changes.on(uid, listener);
    return () => void this.#changes.off(uid, listener);
  }

  /** Uses the same connection. @param secret see RedisRateCounters */
  openRateCounters(secret: Uint8Array): RateCounters {
    return new RedisRateCounters(this.#redis, secret);
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
    const tokens = (await this.#redis.roundTrip(() =>
      redis.send(index, ['ZRANGE', index, '0', '-1']),
    )) as string[];
    // A token that is put between the two is missed. Its old generation makes it invalid, and it expires.
    await this.#redis.roundTrip(() =>
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

  #command(key: string | undefined, ...command: string[]): Promise<unknown> {
    return this.#redis.roundTrip(() => this.#redis.send(key, command));
  }

  #script(script: RedisScript, scriptKeys: string[], args: string[]): Promise<unknown> {
    return this.#redis.roundTrip(() => runScript(this.#redis, script, scriptKeys, args));
  }

  #open<Kind extends TokenKind>(key: string, sealed: unknown): Stored<Kind> | undefined {
    if (typeof sealed !== 'string') return undefined;
    return JSON.parse(this.#sealer.open(key, Buffer.from(sealed, 'base64')).toString());
  }
}

function takeOf(kind: TokenKind, id: string, claim: string): ClaimedEffect {
  const scriptKeys = [keys.token(kind, id), keys.taken(kind, id), keys.tombstone(id, claim)];
  return { script: TAKE, undo: RESTORE_TOKEN, keys: scriptKeys, claim };
}

function guessOf(id: string, claim: string): ClaimedEffect {
  return { script: COUNT, undo: RESTORE_COUNT, keys: [keys.guesses(id), keys.tombstone(id, claim)], claim };
}
