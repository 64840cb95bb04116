import { setTimeout } from 'node:timers/promises';
import { createClient } from 'redis';
import t from 'tap';
import { askPostgres, startPostgres } from '../support/services/postgres.js';
import { startRedis } from '../support/services/redis.js';

t.test('a private Redis restarts on its port', async (t) => {
  const redis = await startRedis(t, { args: ['--maxmemory', '50mb'] });
  const client = createClient({ url: redis.url, socket: { reconnectStrategy: 10 } }).on('error', () => {});
  await client.connect();
  t.teardown(() => client.destroy());
  t.same(await client.configGet('maxmemory'), { maxmemory: String(50 * 1024 * 1024) });
  await client.set('key', 'value');

  await redis.restart();
  t.equal(await client.get('key'), null, 'no data is kept');
});

t.test('a frozen Redis replies after it continues', async (t) => {
  const redis = await startRedis(t);
  const client = createClient({ url: redis.url });
  await client.connect();
  t.teardown(() => client.destroy());
  redis.freeze();
  const pong = client.ping();
  t.equal(await Promise.race([pong, setTimeout(200, 'silence')]), 'silence');
  redis.thaw();
  t.equal(await pong, 'PONG');
});

t.test('a private PostgreSQL separates its databases and survives a restart', async (t) => {
  const postgres = await startPostgres(t, { args: ['-c', 'max_connections=17'] });
  t.same(await askPostgres(postgres.url, 'show max_connections'), [{ max_connections: '17' }]);
  const [one, two] = [await postgres.createDatabase(), await postgres.createDatabase()];
  await askPostgres(one, 'create table things (name text)');
  await t.rejects(askPostgres(two, 'select * from things'), { code: '42P01' });

  await postgres.restart('SIGQUIT');
  t.same(await askPostgres(one, 'select * from things'), []);
  await postgres.stop();
  await t.rejects(askPostgres(one, 'select 1'), { code: 'ECONNREFUSED' });
});
