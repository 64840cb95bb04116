import { createClient } from 'redis';
import t from 'tap';
import { createAccount, login } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { send, sign } from '../../support/api/send.js';
import { makeDataDir, startServer } from '../../support/api/start-server.js';
import { startRedis } from '../../support/services/redis.js';

const PATH = '/v1/account/devices';
const server = await startServer(t);
/** docs/protocol.md, "Hawk, on this server". */
const SKEW_S = 60;

t.test('a request with a fast clock cannot be replayed while its timestamp is valid', async (t) => {
  const { sessionToken: token } = await login(server, await createAccount(server));
  const timestamp = Math.floor(server.clock.now() / 1000) + SKEW_S - 5;
  const call = { method: 'GET', hawk: { timestamp } } as const;
  const headers = { Authorization: sign(server, PATH, call, { type: 'sessionToken', token }) };
  const replay = () => send(server, PATH, { method: 'GET', headers });
  t.equal((await replay()).status, 200);
  for (const seconds of [1, SKEW_S - 5, SKEW_S - 5]) {
    server.clock.advance(seconds);
    checkRefusal(t, await replay(), 401, 109);
  }
  server.clock.advance(10);
  const { body } = await replay();
  t.equal(body.errno, 111, 'then its timestamp has expired');
});

t.test('a nonce can be reused with another token or timestamp', async (t) => {
  const account = await createAccount(server);
  const hawk = { nonce: 'ohQjqb', timestamp: Math.floor(server.clock.now() / 1000) };
  for (const { sessionToken: token } of [await login(server, account), await login(server, account)]) {
    const signer = { type: 'sessionToken', token } as const;
    t.equal((await send(server, PATH, { method: 'GET', signer, hawk })).status, 200);
    checkRefusal(t, await send(server, PATH, { method: 'GET', signer, hawk }), 401, 109);
    const later = { ...hawk, timestamp: hawk.timestamp + 1 };
    t.equal((await send(server, PATH, { method: 'GET', signer, hawk: later })).status, 200);
  }
});

t.test('all servers share nonces in Redis for two minutes', async (t) => {
  const redis = await startRedis(t);
  const env = {
    REDIS_URL: redis.url,
    DATA_DIR: await makeDataDir(t),
    PUBLIC_URL: 'https://accounts.example.org',
  };
  const [here, there] = [await startServer(t, env), await startServer(t, env)];
  const { sessionToken: token } = await login(here, await createAccount(here));
  const headers = { Authorization: sign(here, PATH, { method: 'GET' }, { type: 'sessionToken', token }) };
  t.equal((await send(here, PATH, { method: 'GET', headers })).status, 200);
  checkRefusal(t, await send(there, PATH, { method: 'GET', headers }), 401, 109);

  const client = await createClient({ url: redis.url }).connect();
  t.teardown(() => client.destroy());
  const keys = await client.keys('*nonce*');
  t.equal(keys.length, 1);
  const seconds = await client.ttl(keys[0] as string);
  t.ok(seconds > SKEW_S && seconds <= 2 * SKEW_S + 1, `${seconds} s`);
});
