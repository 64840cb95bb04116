import type { Config } from '../../../config/load.js';
import { ReconnectingConnection } from '../../../storage/redis/reconnecting-connection.js';
import { parseRedisUrl } from '../../../storage/redis/topology.js';
import { reasonOf } from '../../logs/reason.js';
import { broken, type Finding, judgeClock, ok, warning } from './finding.js';

const REDIS = 'Redis';

export async function checkTokens({ redisUrl }: Config): Promise<Finding[]> {
  if (!redisUrl) return [ok('tokens', 'kept in memory: for a single server only')];
  let failure: unknown;
  const { connect } = parseRedisUrl(redisUrl);
  const connection = new ReconnectingConnection(async () => {
    try {
      return await connect();
    } catch (error) {
      failure = error;
      throw error;
    }
  });
  try {
    await connection.settle();
    const started = performance.now();
    await connection.send(undefined, ['PING']);
    const ms = Math.ceil(performance.now() - started);
    return [ok(REDIS, `answers in ${ms} ms`), await checkClock(connection), await checkEviction(connection)];
  } catch (error) {
    const says = `the Redis of REDIS_URL does not answer (${reasonOf(failure ?? error)})`;
    return [
      broken(
        REDIS,
        says,
        'check that it runs, accepts connections from this machine, and has the user and password',
      ),
    ];
  } finally {
    connection.close();
  }
}

async function checkClock(connection: ReconnectingConnection): Promise<Finding> {
  const sent = Date.now();
  const [seconds, micros] = (await connection.send(undefined, ['TIME'])) as [string, string];
  const received = Date.now();
  return judgeClock('Redis clock', Number(seconds) * 1000 + Number(micros) / 1000 - (sent + received) / 2);
}

/** Checks the eviction policy: evicted keys would be valid tokens, and counters of attempts. */
async function checkEviction(connection: ReconnectingConnection): Promise<Finding> {
  const check = 'Redis memory';
  const info = String(await connection.send(undefined, ['INFO', 'memory']));
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  const policy = field('maxmemory_policy');
  if (policy === 'noeviction' || field('maxmemory') === '0') return ok(check, 'no keys are evicted');
  if (!policy)
    return warning(check, 'does not report its eviction policy', 'make sure that it evicts no keys');
  return warning(check, `keys are evicted when it is full (${policy})`, 'set maxmemory-policy noeviction');
}
