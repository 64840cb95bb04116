import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { accept, createAccount, login } from '../../support/api/accounts.js';
import { openEventStream } from '../../support/api/event-stream.js';
import { send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { createPostgresFramer, createRedisFramer } from '../../support/outages/framing.js';
import { StoreProxy } from '../../support/outages/store-proxy.js';
import { startPostgres } from '../../support/services/postgres.js';
import { askRedis, startRedis } from '../../support/services/redis.js';
import { waitUntil } from '../../support/wait-until.js';

const redis = await startRedis(t);
const postgres = await startPostgres(t);
const STORAGE_KEY = 'ab'.repeat(32);

async function startRefusingProxy(t: Test) {
  const proxy = { port: 0, isOpen: true, refused: 0 };
  const server = createServer((client) => {
    if (!proxy.isOpen) {
      proxy.refused++;
      client.destroy();
      return;
    }
    const store = connect(redis.port, '127.0.0.1');
    for (const [from, to] of [
      [client, store],
      [store, client],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

async function openStream(t: Test, server: TestServer) {
  const { uid, ...account } = await createAccount(server, { verified: false });
  const { sessionToken } = await login(server, account);
  const stream = await openEventStream(server, sessionToken);
  t.teardown(() => stream.close());
  t.match(await stream.next(), { verified: false });
  const code = await server.mailbox.readCode('x-verify-code', uid);
  return {
    uid,
    code,
    async next() {
      for (;;) {
        const block = await stream.next();
        if (typeof block !== 'string') return block;
      }
    },
  };
}

async function verifyOn(server: TestServer, stream: { uid: string; code: string }): Promise<void> {
  accept(
    await send(server, '/v1/recovery_email/verify_code', { body: { uid: stream.uid, code: stream.code } }),
  );
}

t.test('changes during a lost subscription are reported after the reconnect', async (t) => {
  const env = { DATABASE_URL: await postgres.createDatabase(), STORAGE_KEY };
  const proxy = await startRefusingProxy(t);
  const listening = await startServer(t, { ...env, REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  const changing = await startServer(t, { ...env, REDIS_URL: redis.url });
  const stream = await openStream(t, listening);
  proxy.isOpen = false;
  t.equal(await askRedis(redis, ['CLIENT', 'KILL', 'TYPE', 'pubsub']), 2);
  await waitUntil(() => proxy.refused > 0);
  await verifyOn(changing, stream);
  t.equal(
    await askRedis(redis, ['PUBLISH', 'fxa:changes', 'nobody'])
      .then(Number)
      .then((n) => n <= 1),
    true,
  );
  proxy.isOpen = true;
  t.match(await stream.next(), { verified: true });
});

t.test('a change that could not be announced is announced when Redis returns', async (t) => {
  const env = { DATABASE_URL: await postgres.createDatabase(), STORAGE_KEY };
  const proxy = await new StoreProxy(redis.port, createRedisFramer).start(t);
  const listening = await startServer(t, { ...env, REDIS_URL: redis.url });
  const changing = await startServer(t, { ...env, REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  const stream = await openStream(t, listening);
  // Without rate limits the announcement is the only Redis command of verify_code.
  proxy.cutAfter(0, 'unsent');
  await verifyOn(changing, stream);
  t.ok(proxy.isCut);
  await proxy.mend();
  t.match(await stream.next(), { verified: true });
});

t.test('a change that could not be read is read when the database returns', async (t) => {
  const url = await postgres.createDatabase();
  const proxy = await new StoreProxy(postgres.port, createPostgresFramer).start(t);
  const behind = Object.assign(new URL(url), { port: String(proxy.port) }).href;
  const env = { REDIS_URL: redis.url, STORAGE_KEY };
  const listening = await startServer(t, { ...env, DATABASE_URL: behind });
  const changing = await startServer(t, { ...env, DATABASE_URL: url });
  const stream = await openStream(t, listening);
  proxy.cutAfter(0, 'unsent');
  await verifyOn(changing, stream);
  await waitUntil(() => proxy.isCut);
  await proxy.mend();
  t.match(await stream.next(), { verified: true });
});
