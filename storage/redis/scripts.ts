import { createHash } from 'node:crypto';
import type { RedisSender } from './unfinished-steps.js';

/** A Lua script, run by its hash. All its keys are in one slot. */
export interface RedisScript {
  source: string;
  sha1: string;
}

const known = new Map<string, RedisScript>();

/** Makes a script of Lua source; the same source is the same script. */
export function createScript(source: string): RedisScript {
  let script = known.get(source);
  if (!script) {
    script = { source, sha1: createHash('sha1').update(source).digest('hex') };
    known.set(source, script);
  }
  return script;
}

/**
 * Adds a member to a set of members that end by themselves.
 * KEYS: set. ARGV: member, its end, now, the set's life (all ms). Returns 1 when it was not there.
 */
export const ADD_MEMBER = createScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
local added = redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return added`);

/** Moves a token out of reach. KEYS: token, taken. ARGV: claim. Returns the token. */
export const TAKE = createScript(`
local token = redis.call('GET', KEYS[1])
if token then
  local left = math.max(redis.call('PTTL', KEYS[1]), 1)
  redis.call('DEL', KEYS[1])
  redis.call('SET', KEYS[2], ARGV[1] .. ' ' .. token, 'PX', left)
end
return token`);

/** Undoes TAKE, if it was this claim's. KEYS: token, taken. ARGV: claim. Returns 1 when it did. */
export const RESTORE = createScript(`
local claim = ARGV[1] .. ' '
local taken = redis.call('GET', KEYS[2])
if not taken or string.sub(taken, 1, #claim) ~= claim then return 0 end
local left = math.max(redis.call('PTTL', KEYS[2]), 1)
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], string.sub(taken, #claim + 1), 'PX', left)
return 1`);

/** Counts a guess. KEYS: guesses. ARGV: claim, life in ms. Returns how many there are. */
export const GUESS = createScript(`
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('SCARD', KEYS[1])`);

/** Undoes GUESS. KEYS: guesses. ARGV: claim. */
export const UNGUESS = createScript(`return redis.call('SREM', KEYS[1], ARGV[1])`);

/** Takes one back of what was counted; nothing stays of what was all taken back. KEYS: counter. */
export const TAKE_BACK = createScript(`
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('DECR', KEYS[1]) <= 0 then redis.call('DEL', KEYS[1]) end`);

/**
 * Notes members in a set that lives as long as the longest-lived of them.
 * KEYS: set. ARGV: life of these in ms, members.
 */
export const NOTE_MEMBERS = createScript(`
redis.call('SADD', KEYS[1], unpack(ARGV, 2))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end`);

/** Runs a script; a Redis that does not know it yet is told it. @throws what `send` throws */
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

/** Runs a script in one trip whatever Redis knows, so that nothing that is sent later overtakes it. */
export function runWholeScript(
  redis: RedisSender,
  { source }: RedisScript,
  keys: string[],
  args: string[],
): Promise<unknown> {
  return redis.send(keys[0], ['EVAL', source, String(keys.length), ...keys, ...args]);
}

/** A life in seconds as Redis takes it: whole ms. */
export function toPx(ttlSeconds: number): string {
  return String(Math.ceil(ttlSeconds * 1000));
}
