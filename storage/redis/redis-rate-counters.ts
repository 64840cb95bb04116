import { RateLimiterRedis } from 'rate-limiter-flexible';
import { createRateCounters, type RateCounters } from '../rate-counters.js';
import { type RedisClient, wasSent } from './redis-client.js';
import { createScript, NOTE_MEMBERS, runScript, runWholeScript, TAKE_BACK, toPx } from './scripts.js';

/** Set of the counters' keys that are an account's. */
const noteOf = (uid: string) => `fxa:counters:{${uid}}`;

/** Rate counters that all servers share. */
export function createRedisRateCounters(redis: RedisClient): RateCounters {
  // Once: a count that was taken back twice would be somebody else's.
  const oweOne = (key: string) =>
    redis.owe((sender) => runWholeScript(sender, TAKE_BACK, [key], []), { once: true });
  // The one command that a limiter needs to count.
  const storeClient = {
    eval: async (source: string, options: { keys: string[]; arguments: string[] }) => {
      try {
        return await runScript(redis, createScript(source), options.keys, options.arguments);
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
        return await runScript(redis, TAKE_BACK, [key], []);
      } catch (error) {
        if (!wasSent(error)) oweOne(key);
        throw error;
      }
    },
    index: (uid, members, seconds) =>
      runScript(redis, NOTE_MEMBERS, [noteOf(uid)], [toPx(seconds), ...members]),
    forget: async (uid) => {
      const note = noteOf(uid);
      const counters = (await redis.trip(() => redis.send(note, ['SMEMBERS', note]))) as string[];
      // Each by itself: in a cluster they are in different slots.
      await redis.trip(() => Promise.all([...counters, note].map((key) => redis.send(key, ['DEL', key]))));
    },
    guard: (work) => redis.trip(work),
  });
}
