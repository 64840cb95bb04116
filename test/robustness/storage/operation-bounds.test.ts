import t from 'tap';
import { startServer } from '../../../bench/server/server-process.js';
import { BOUNDS, type EndpointName, runEveryEndpoint } from '../../support/operations/account-life.js';
import { startCountedStores } from '../../support/operations/counted-stores.js';

/** Includes background work of the request, such as sending its mail. */
const QUIET_MS = 60;
const LIVES = 4;

t.test('no request exceeds its SQL statements and Redis round trips', async (t) => {
  const stores = await startCountedStores(t);
  const server = await startServer({
    settings: { ...stores.settings, STRETCH_THREADS: '1', RATE_LIMITS: 'on' },
  });
  t.teardown(() => server.stop());
  const least = new Map<EndpointName, { sql: number; redis: number }>();
  const read = async () => {
    await Promise.all([stores.postgres.quiet(QUIET_MS), stores.redis.quiet(QUIET_MS)]);
    return { sql: await stores.sqlStatements(), redis: stores.redis.roundTrips() };
  };
  for (let life = 0; life < LIVES; life++) {
    await runEveryEndpoint(server, async (name, send) => {
      const before = await read();
      const reply = await send();
      const after = await read();
      const known = least.get(name) ?? { sql: Infinity, redis: Infinity };
      // Background work only adds to a count, so the minimum of several is the request's own.
      least.set(name, {
        sql: Math.min(known.sql, after.sql - before.sql),
        redis: Math.min(known.redis, after.redis - before.redis),
      });
      return reply;
    });
  }
  for (const [name, [sql, redis]] of Object.entries(BOUNDS)) {
    const counted = least.get(name as EndpointName);
    t.ok(counted && counted.sql <= sql, `${name}: ${counted?.sql} SQL statements, at most ${sql}`);
    t.ok(counted && counted.redis <= redis, `${name}: ${counted?.redis} Redis round trips, at most ${redis}`);
  }
});
