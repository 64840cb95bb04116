import { randomBytes } from 'node:crypto';
import pg from 'pg';
import t from 'tap';
import { CRASH_TIMEOUT_MS, runCrashRounds } from '../../support/crash/crash-rounds.js';
import { startPostgres } from '../../support/services/postgres.js';
import { startRedis } from '../../support/services/redis.js';

t.setTimeout(CRASH_TIMEOUT_MS);

t.test('PostgreSQL: a server killed at any moment keeps everything that it acknowledged', async (t) => {
  const [postgres, redis] = await Promise.all([startPostgres(t), startRedis(t)]);
  const url = await postgres.createDatabase();
  const onlooker = new pg.Client({ connectionString: url });
  await onlooker.connect();
  t.teardown(() => onlooker.end());
  const shared = { DATABASE_URL: url, STORAGE_KEY: randomBytes(32).toString('hex') };
  await runCrashRounds(t, {
    locate: () => ({ engine: 'postgres', url, poolSize: 1 }),
    // Rounds alternate with and without Redis.
    settings: (round) => (round % 2 ? { ...shared, REDIS_URL: redis.url } : shared),
    async isInTransaction() {
      const { rows } = await onlooker.query(`select 1 from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction'`);
      return rows.length > 0;
    },
  });
});
