import { RateLimiterRedis } from 'rate-limiter-flexible';
import { createRateCounters, type RateCounters } from '../rate-counters.js';
import type { RedisClient } from './redis-client.js';
import { createScript, INDEX_MEMBERS, RESTORE_COUNT, runScript, runScriptSource, toPx } from './scripts.js';
import type { RedisSender } from './topology.js';

/** Set of the keys of an account's counters. */
const indexOf = (uid: string) => `fxa:counters:{${uid}}`;

/** Creates rate counters that all servers share. */
export function createRedisRateCounters(redis: RedisClient): RateCounters {
  // Runs at most once: a second decrement would undo another request's count.
  const restoreCount = (key: string, msLeft: () => number) => async (sender: RedisSender) => {
    if (msLeft() > 0) await runScriptSource(sender, RESTORE_COUNT, [key], [String(msLeft())]);
  };
  // RateLimiterRedis needs this command alone.
  const storeClient = {
    eval: (source: string, options: { keys: string[]; arguments: string[] }) => {
      const [key, windowMs] = [options.keys[0] as string, Number(options.arguments[1]) * 1000];
      const sentAt = performance.now();
      return redis.compensations.undoIfUnknown(
        () => runScript(redis, createScript(source), options.keys, options.arguments),
        restoreCount(key, () => Math.ceil(windowMs - (performance.now() - sentAt))),
        { atMostOnce: true },
      );
    },
  };
  return createRateCounters({
    open: (options) => new RateLimiterRedis({ ...options, storeClient, useRedisPackage: true }),
    restore: (limiter, name, msLeft) => {
      const restore = restoreCount(`${limiter.keyPrefix}:${name}`, msLeft);
      return redis.compensations.runOrEnqueue(() => restore(redis), restore, { atMostOnce: true });
    },
    index: (uid, members, seconds) =>
      runScript(redis, INDEX_MEMBERS, [indexOf(uid)], [toPx(seconds), ...members]),
    forget: async (uid) => {
      const index = indexOf(uid);
      const counters = (await redis.roundTrip(() => redis.send(index, ['SMEMBERS', index]))) as string[];
      // One command each: a cluster has them in different slots.
      await redis.roundTrip(() =>
        Promise.all([...counters, index].map((key) => redis.send(key, ['DEL', key]))),
      );
    },
    roundTrip: (work) => redis.roundTrip(work),
  });
}
