import type { Config } from '../../../config/load.js';
import { ReconnectingConnection } from '../../../storage/redis/reconnecting-connection.js';
import { parseRedisUrl } from '../../../storage/redis/topology.js';
import { reasonOf } from '../../logs/reason.js';
import { broken, type Finding, judgeClock, ok, warning } from './finding.js';

const REDIS = 'Redis';

/** Looks at the Redis that keeps tokens, where there is one. */
export async function checkTokens({ redisUrl }: Config): Promise<Finding[]> {
  if (!redisUrl) return [ok('tokens', 'kept in the server: for one server alone')];
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
    return [broken(REDIS, says, 'see whether it runs, lets this machine in, and knows user and password')];
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

/** A Redis that makes room by dropping keys drops tokens that clients hold, and counts of what they tried. */
async function checkEviction(connection: ReconnectingConnection): Promise<Finding> {
  const check = 'Redis memory';
  const info = String(await connection.send(undefined, ['INFO', 'memory']));
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  const policy = field('maxmemory_policy');
  if (policy === 'noeviction' || field('maxmemory') === '0')
    return ok(check, 'no key is dropped to make room');
  if (!policy)
    return warning(check, 'does not tell what it does when it is full', 'see that it drops no keys');
  return warning(check, `full, it drops keys (${policy})`, 'set maxmemory-policy noeviction');
}
