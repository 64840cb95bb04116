import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { createClient } from 'redis';
import { startPostgres } from '../../test/support/services/postgres.js';
import { startRedis } from '../../test/support/services/redis.js';
import { firstThreadCpuSeconds } from '../measure/process-usage.js';
import { type CountingProxy, startCountingProxy } from './counting-proxy.js';

/** A PostgreSQL and a Redis of the bench's own, watched. */
export interface Stores {
  /** What a server needs to use them through the proxies. */
  settings: Record<string, string>;
  postgres: CountingProxy;
  redis: CountingProxy;
  /** SQL statements executed so far by anyone but the bench. */
  sqlStatements(): Promise<number>;
  /** Redis commands executed so far by anyone but the bench. */
  redisCommands(): Promise<number>;
  /** CPU seconds of all PostgreSQL processes that run. */
  postgresCpuSeconds(): number;
  redisCpuSeconds(): number;
  close(): Promise<void>;
}

/** @throws Error that names the Debian package, where a store is not installed */
export async function startStores(): Promise<Stores> {
  const endings: (() => unknown)[] = [];
  const teardown = { teardown: (end: () => unknown) => void endings.unshift(end) };
  const postgres = await startPostgres(teardown, {
    args: ['-c', 'shared_preload_libraries=pg_stat_statements'],
  });
  const redis = await startRedis(teardown);
  const databaseUrl = await postgres.createDatabase();
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query('CREATE EXTENSION pg_stat_statements');
  const { rows } = await admin.query('SELECT pg_backend_pid() AS pid');
  const postmaster = readProcess(rows[0].pid)?.parent as number;
  const redisAdmin = await createClient({ url: redis.url }).connect();
  const redisPid = Number(/^process_id:(\d+)/m.exec(await redisAdmin.info('server'))?.[1]);
  const proxies = {
    postgres: await startCountingProxy(postgres.port),
    redis: await startCountingProxy(redis.port),
  };
  const through = (url: string, { port }: CountingProxy) => {
    const proxied = new URL(url);
    proxied.port = String(port);
    return proxied.href;
  };
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
           WHERE query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE '%pg_backend_pid%'`,
      );
      return counted.rows[0].calls;
    },
    async redisCommands() {
      const stats = await redisAdmin.info('commandstats');
      return [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
        .filter(([, name]) => name !== 'info')
        .reduce((sum, [, , calls]) => sum + Number(calls), 0);
    },
    postgresCpuSeconds: watchFamily(postmaster),
    redisCpuSeconds: () => firstThreadCpuSeconds(redisPid),
    async close() {
      await admin.end();
      redisAdmin.destroy();
      for (const proxy of Object.values(proxies)) proxy.close();
      for (const end of endings) await end();
    },
  };
}

/**
 * CPU seconds of a process and its children, those that have ended too as far as they were read:
 * PostgreSQL has a child for each connection, of one thread.
 */
function watchFamily(pid: number): () => number {
  const used = new Map<number, number>();
  return () => {
    for (const name of readdirSync('/proc')) {
      const member = Number(name);
      if (member === pid || (member && readProcess(member)?.parent === pid)) {
        used.set(member, firstThreadCpuSeconds(member));
      }
    }
    return [...used.values()].reduce((sum, seconds) => sum + seconds, 0);
  };
}

function readProcess(pid: number): { parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return { parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) };
  } catch {
    return undefined;
  }
}
