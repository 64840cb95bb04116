import { createHash } from 'node:crypto';
import type { RedisSender } from './topology.js';

/** A Lua script, run by its hash. All its keys are in one slot. */
export interface RedisScript {
  source: string;
  sha1: string;
}

function createScript(source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Adds an expiring member. KEYS: set. ARGV: member, expiry, now, set's TTL (ms). Returns 1 if it is new. */
export const ADD_MEMBER = createScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
local added = redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return added`);

/** Sets a field. KEYS: hash. ARGV: field, value, the hash's TTL in ms. Returns the previous value. */
export const REPLACE_FIELD = createScript(`
local previous = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return previous`);

// An effect and its compensation may arrive in either order. A compensation that finds nothing to undo leaves
// a tombstone for its claim, and the effect then does nothing.

/** Takes a token. KEYS: token, taken, tombstone. ARGV: claim. Returns the token. */
export const TAKE = createScript(`
if redis.call('EXISTS', KEYS[3]) == 1 then return false end
local token = redis.call('GET', KEYS[1])
if token then
  local left = math.max(redis.call('PTTL', KEYS[1]), 1)
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. token, 'PX', left)
end
return token`);

/** Undoes TAKE of this claim. KEYS: as TAKE. ARGV: claim, tombstone's TTL in ms. Returns 1 when it did. */
export const RESTORE_TOKEN = createScript(`
local claim = ARGV[1] .. ' '
local taken = redis.call('GET', KEYS[2])
if not taken or string.sub(taken, 1, #claim) ~= claim then
  redis.call('SET', KEYS[3], '', 'PX', ARGV[2])
  return 0
end
local left = math.max(redis.call('PTTL', KEYS[2]), 1)
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], string.sub(taken, #claim + 1), 'PX', left)
return 1`);

/** Counts a claim in a window. KEYS: set, tombstone. ARGV: claim, window in ms. Returns count and ms left. */
export const COUNT = createScript(`
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SADD', KEYS[1], ARGV[1]) end
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {redis.call('SCARD', KEYS[1]), redis.call('PTTL', KEYS[1])}`);

/** Undoes COUNT of this claim. KEYS: set, tombstone. ARGV: claim, tombstone's TTL in ms. */
export const RESTORE_COUNT = createScript(`
if redis.call('SREM', KEYS[1], ARGV[1]) == 0 then redis.call('SET', KEYS[2], '', 'PX', ARGV[2]) end`);

/** Adds members that the set outlives. KEYS: set. ARGV: TTL of these members in ms, members. */
export const INDEX_MEMBERS = createScript(`
redis.call('SADD', KEYS[1], unpack(ARGV, 2))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end`);

/** Runs a script by its hash, or by its source when Redis does not know it. @throws what `send` throws */
export async function runScript(
  redis: RedisSender,
  { source, sha1 }: RedisScript,
  keys: string[],
  args: string[],
): Promise<unknown> {
  const tail = [String(keys.length), ...keys, ...args];
  try {
    return await redis.send(keys[0], ['EVALSHA', sha1, ...tail]);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return redis.send(keys[0], ['EVAL', source, ...tail]);
  }
}

/** Runs a script by its source, in one round trip: no command that is sent later runs before it. */
export function runScriptSource(
  redis: RedisSender,
  { source }: RedisScript,
  keys: string[],
  args: string[],
): Promise<unknown> {
  return redis.send(keys[0], ['EVAL', source, String(keys.length), ...keys, ...args]);
}

export function toPx(ttlSeconds: number): string {
  return String(Math.ceil(ttlSeconds * 1000));
}
