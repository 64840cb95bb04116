import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createClient } from 'redis';
import t from 'tap';
import { accountBody, makeEmail } from '../../support/api/accounts.js';
import { makeSource, sendFrom, startLimitedServer } from '../../support/limits/limited-server.js';
import { startRedis } from '../../support/services/redis.js';

t.test('keys of counters in Redis reveal no mail address and no IP address', async (t) => {
  const redis = await startRedis(t);
  const server = await startLimitedServer(t, {}, { REDIS_URL: redis.url });
  const [source, email] = [makeSource(), makeEmail()];
  const body = accountBody(email, randomBytes(32));
  t.equal((await sendFrom(source, server, '/v1/account/create', { body })).status, 200);

  const client = await createClient({ url: redis.url }).connect();
  t.teardown(() => client.destroy());
  const keys = await client.keys('*');
  t.ok(keys.some((key) => key.startsWith('fxa:rate:mailsToAddress:')));
  for (const plain of [source, email, email.toLowerCase()]) {
    const hash = createHash('sha256').update(plain).digest();
    for (const trace of [plain, hash.toString('hex'), hash.toString('base64'), hash.toString('base64url')]) {
      t.notOk(
        keys.some((key) => key.includes(trace)),
        trace,
      );
    }
  }

  const secret = await server.services.storage.secrets.obtain('rateCounterKeys');
  const hash = createHmac('sha256', secret).update(source).digest('base64url');
  t.ok(keys.includes(`fxa:rate:accountsFromSource:{${hash}}`), 'guessing needs the secret of the database');
});
