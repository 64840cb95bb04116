import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Test } from 'tap';
import { startPostgres } from '../services/postgres.js';
import { startRedis } from '../services/redis.js';
import { type CountingProxy, startCountingProxy } from './counting-proxy.js';

export interface CountedStores {
  settings: Record<string, string>;
  postgres: CountingProxy;
  redis: CountingProxy;
  sqlStatements(): Promise<number>;
}

export async function startCountedStores(t: Test): Promise<CountedStores> {
  const postgres = await startPostgres(t, {
    args: ['-c', 'shared_preload_libraries=pg_stat_statements'],
  });
  const redis = await startRedis(t);
  const databaseUrl = await postgres.createDatabase();
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query('CREATE EXTENSION pg_stat_statements');
  const proxies = {
    postgres: await startCountingProxy(postgres.port),
    redis: await startCountingProxy(redis.port),
  };
  const through = (url: string, { port }: CountingProxy) => {
    const proxied = new URL(url);
    proxied.port = String(port);
    return proxied.href;
  };
  t.teardown(async () => {
    await admin.end();
    for (const proxy of Object.values(proxies)) proxy.close();
  });
  return {
    settings: {
      DATABASE_URL: through(databaseUrl, proxies.postgres),
      REDIS_URL: through(redis.url, proxies.redis).replace(/\/$/, ''),
      STORAGE_KEY: randomBytes(32).toString('hex'),
    },
    ...proxies,
    async sqlStatements() {
      const counted = await admin.query(
        `SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements
           WHERE query NOT LIKE '%pg_stat_statements%'`,
      );
      return counted.rows[0].calls;
    },
  };
}
