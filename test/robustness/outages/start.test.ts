import t from 'tap';
import { createAccount, startAuthentication } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { startRedis } from '../../support/services/redis.js';
import { waitUntil } from '../../support/wait-until.js';

t.test('a server starts without Redis, and serves when Redis appears', async (t) => {
  const redis = await startRedis(t);
  await redis.stop();
  const server = await startServer(t, { REDIS_URL: redis.url });
  t.equal((await send(server, '/__heartbeat__', { method: 'GET' })).status, 503);
  await redis.start();
  await waitUntil(async () => (await send(server, '/__heartbeat__', { method: 'GET' })).status === 200);
  const account = await createAccount(server);
  t.match(await startAuthentication(server, account), { finish: {} });
});
