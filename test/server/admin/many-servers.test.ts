import { request } from 'node:http';
import t from 'tap';
import { runAdmin } from '../../support/admin/run-admin.js';
import { createAccount, login } from '../../support/api/accounts.js';
import { type Call, sign } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { startPostgres } from '../../support/services/postgres.js';
import { startRedis } from '../../support/services/redis.js';

const [postgres, redis] = [await startPostgres(t), await startRedis(t)];

async function startOnStores(t: Parameters<typeof startServer>[0]) {
  const env = {
    DATABASE_URL: await postgres.createDatabase(),
    REDIS_URL: redis.url,
    STORAGE_KEY: 'cd'.repeat(32),
  };
  return { env, server: await startServer(t, env) };
}

async function openStream(server: TestServer, token: string) {
  const path = '/v1/recovery_email/status';
  const call: Call = { method: 'GET' };
  const Authorization = sign(server, path, call, { type: 'sessionToken', token });
  let said = '';
  let first = () => {};
  const opened = new Promise<void>((resolve) => {
    first = resolve;
  });
  const ended = new Promise<string>((resolve, reject) => {
    request(server.url + path, { headers: { Accept: 'text/event-stream', Authorization } }, (response) => {
      response.on('data', (chunk: Buffer) => {
        said += chunk;
        first();
      });
      response.once('end', () => resolve(said));
    })
      .once('error', reject)
      .end();
  });
  await opened;
  return ended;
}

t.test('an event stream reports at once an account verified by command', async (t) => {
  const { server, env } = await startOnStores(t);
  const account = await createAccount(server, { verified: false });
  const { sessionToken } = await login(server, account);
  const ended = openStream(server, sessionToken);
  const ran = await runAdmin(env, 'account', 'verify', account.email);
  t.same([ran.code, ran.stdout], [0, `${account.uid} is verified.\n`]);
  t.match(await ended, /"verified":false.*"verified":true/s);
});

t.test('a locked account’s event streams end, and its tokens are gone from Redis', async (t) => {
  const { server, env } = await startOnStores(t);
  const account = await createAccount(server, { verified: false });
  const { sessionToken, keyFetchToken } = await login(server, account);
  const ended = openStream(server, sessionToken);
  t.equal((await runAdmin(env, 'account', 'lock', account.uid, '--yes')).code, 0);
  t.notMatch(await ended, '"verified":true');
  const { tokens } = server.services.storage;
  t.equal(await tokens.get('keyFetchToken', keyFetchToken), undefined);
});

t.test('a key created by one server is rotated for all', async (t) => {
  const { server, env } = await startOnStores(t);
  const other = await startServer(t, env);
  t.equal((await runAdmin(env, 'keys', 'rotate', '--yes')).code, 0);
  for (const { services, clock } of [server, other]) {
    await services.signer.keys.reload();
    clock.advance(61);
    t.equal(services.signer.keys.current.id, 'RS-2');
  }
  t.same(other.services.signer.keys.current.publicKey, server.services.signer.keys.current.publicKey);
});

t.test('without Redis an account can be verified and locked', async (t) => {
  const { server, env } = await startOnStores(t);
  const account = await createAccount(server, { verified: false });
  await redis.stop('SIGKILL');
  t.teardown(() => redis.start());
  const verified = await runAdmin(env, 'account', 'verify', account.uid, '--json');
  t.equal(verified.code, 0);
  t.match(verified.json, { changed: true, warning: /^Redis is unavailable/ });
  t.equal((await runAdmin(env, 'account', 'lock', account.uid, '--yes')).code, 0);
  const stored = await server.services.storage.accounts.findByUid(account.uid);
  t.not(stored?.verifiedAt, null);
  t.not(stored?.lockedAt, null);
});

t.test('without the database a command does nothing and reports it without secrets', async (t) => {
  const password = 'not-to-be-seen';
  const env = {
    DATABASE_URL: `postgres://keyserver:${password}@127.0.0.1:1/keyserver`,
    STORAGE_KEY: 'cd'.repeat(32),
  };
  const ran = await runAdmin(env, 'account', 'show', 'me@example.com', '--json');
  t.equal(ran.code, 1);
  t.match(ran.stderr, 'database is unavailable: connect ECONNREFUSED');
  t.notMatch(ran.stdout + ran.stderr, password);
});
