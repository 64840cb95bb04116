import { createHmac, randomUUID } from 'node:crypto';
import type { Counted, CountResult, RateCounters, RateKey } from '../rate-counters.js';
import type { ClaimedEffect, RedisClient } from './redis-client.js';
import { COUNT, INDEX_MEMBERS, RESTORE_COUNT, runScript, toPx } from './scripts.js';

const indexOf = (uid: string) => `fxa:counters:{${uid}}`;

/** Rate counters that all servers share. HMACs as keys hide mail and IP addresses in a copy of Redis. */
export class RedisRateCounters implements RateCounters {
  readonly #redis: RedisClient;
  readonly #secret: Uint8Array;

  /** @param secret 32 bytes, the same on all servers, not stored in Redis */
  constructor(redis: RedisClient, secret: Uint8Array) {
    this.#redis = redis;
    this.#secret = secret;
  }

  async add(keys: RateKey[]): Promise<CountResult> {
    const effects = keys.map((key) => this.#countOf(key));
    return this.#redis.roundTrip(async () => {
      const counting = effects.map((effect) => this.#redis.consume(effect));
      const outcomes = await Promise.allSettled([...counting, this.#indexAccounts(keys)]);
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) {
        void this.#restore(effects.filter((_, i) => outcomes[i]?.status === 'fulfilled'));
        throw failed.reason;
      }
      const counted = (await Promise.all(counting)) as [count: number, resetMs: number][];
      const counts = counted.map(([count, resetMs]): Counted => ({ count, resetMs }));
      return { counts, restore: () => this.#restore(effects) };
    });
  }

  async forgetAccount(uid: string): Promise<void> {
    const redis = this.#redis;
    const index = indexOf(uid);
    const counters = (await redis.roundTrip(() => redis.send(index, ['SMEMBERS', index]))) as string[];
    // One command for each key: a cluster has the keys in different slots.
    await redis.roundTrip(() =>
      Promise.all([...counters, index].map((key) => redis.send(key, ['DEL', key]))),
    );
  }

  async #restore(effects: ClaimedEffect[]): Promise<void> {
    const undo = () => Promise.all(effects.map((effect) => this.#redis.undo(effect)));
    await this.#redis.roundTrip(undo).catch(() => {});
  }

  async #indexAccounts(keys: RateKey[]): Promise<void> {
    const uids = new Set(keys.flatMap(([, , uid]) => uid ?? []));
    const recording = [...uids].map((uid) => {
      const ofAccount = keys.filter((key) => key[2] === uid);
      const ttlSeconds = Math.max(...ofAccount.map(([{ seconds }]) => seconds));
      const counters = ofAccount.map((key) => this.#countOf(key).keys[0] as string);
      return runScript(this.#redis, INDEX_MEMBERS, [indexOf(uid)], [toPx(ttlSeconds), ...counters]);
    });
    await Promise.all(recording);
  }

  /** The part of a key in braces decides a cluster's slot: a counter and its tombstones share one. */
  #countOf([{ name, seconds }, key]: RateKey): ClaimedEffect {
    const hash = createHmac('sha256', this.#secret).update(key).digest('base64url');
    const claim = randomUUID();
    const keys = [`fxa:rate:${name}:{${hash}}`, `fxa:tombstone:{${hash}}:${claim}`];
    return { script: COUNT, undo: RESTORE_COUNT, keys, claim, args: [toPx(seconds)] };
  }
}
