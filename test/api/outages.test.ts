import { createServer } from 'node:net';
import t from 'tap';
import { findFreePort } from '../services/free-port.js';
import { startRedis } from '../services/redis.js';
import { accountBody, createAccount, makeEmail, startAuthentication, toHex } from './accounts.js';
import { checkRefusal } from './check-refusal.js';
import { prepare, SIGNED_ENDPOINTS } from './endpoints.js';
import { type Call, type Reply, send } from './send.js';
import { startServer, type TestServer } from './start-server.js';
import { waitUntil } from './wait-until.js';

/** How Redis is taken away, and given back with what it knew. */
const OUTAGES = {
  'is stopped': { args: ['--appendonly', 'yes', '--appendfsync', 'always'], begin: 'stop', end: 'start' },
  'accepts connections and says nothing': { args: [], begin: 'freeze', end: 'thaw' },
} as const;

for (const [what, { args, begin, end }] of Object.entries(OUTAGES)) {
  t.test(`while Redis ${what}, requests are refused with 503, and nothing is used up`, async (t) => {
    const redis = await startRedis(t, { args: [...args] });
    const server = await startServer(t, { REDIS_URL: redis.url });
    const requests = await prepareRequests(server);
    await redis[begin]();
    // Redis is away until all of them are answered: none waited for it.
    const refused = await Promise.all(requests.map(([, request]) => request()));
    for (const reply of refused) {
      checkRefusal(t, reply, 503, 201, { retryAfter: reply.body.retryAfter });
      t.match(reply.headers['retry-after'], /^[1-9]\d*$/);
      t.equal(reply.body.retryAfter, Number(reply.headers['retry-after']));
    }
    const heartbeat = await send(server, '/__heartbeat__', { method: 'GET' });
    t.match(heartbeat, { status: 503, body: { database: 'ok', tokens: 'unavailable' } });
    t.equal((await send(server, '/__lbheartbeat__', { method: 'GET' })).status, 200);

    await redis[end]();
    await waitUntil(async () => (await send(server, '/__heartbeat__', { method: 'GET' })).status === 200);
    for (const [name, request] of requests) {
      const reply = await request();
      t.equal(reply.status, 200, `${name} afterwards: ${reply.text.slice(0, 60)}`);
    }
  });
}

/** A request to every endpoint that needs the token store; each would succeed now. */
async function prepareRequests(server: TestServer): Promise<[name: string, () => Promise<Reply>][]> {
  const requests: [string, () => Promise<Reply>][] = [];
  const add = (path: string, call: Call) => requests.push([path, () => send(server, path, call)]);
  for (const endpoint of SIGNED_ENDPOINTS) {
    const { method, path } = endpoint;
    add(path, { method, ...(await prepare(server, endpoint)) });
  }
  const account = await createAccount(server);
  add('/v1/auth/finish', { body: (await startAuthentication(server, account)).finish });
  add('/v1/auth/start', { body: { email: toHex(account.email) } });
  add('/v1/password/forgot/send_code', { body: { email: toHex(account.email) } });
  return requests;
}

t.test('a server starts while Redis is away, and serves when it comes', async (t) => {
  const redis = await startRedis(t);
  await redis.stop();
  const server = await startServer(t, { REDIS_URL: redis.url });
  t.equal((await send(server, '/__heartbeat__', { method: 'GET' })).status, 503);
  await redis.start();
  await waitUntil(async () => (await send(server, '/__heartbeat__', { method: 'GET' })).status === 200);
  const account = await createAccount(server);
  t.match(await startAuthentication(server, account), { finish: {} });
});

t.test('an account is made without a word from the mail server, and without waiting for one', async (t) => {
  const silent = createServer((socket) => void socket.on('error', () => {}));
  const port = await findFreePort();
  await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
  t.teardown(() => void silent.close());
  const nobody = await findFreePort();
  for (const [what, smtpPort] of [
    ['says nothing', port],
    ['is not there', nobody],
  ] as const) {
    const server = await startServer(t, { SMTP_URL: `smtp://127.0.0.1:${smtpPort}` });
    const [email, raw] = [makeEmail(), makeEmail()];
    const replies = [
      await send(server, '/v1/account/create', { body: accountBody(email, Buffer.alloc(32, 1)) }),
      await send(server, '/v1/raw_password/account/create', { body: { email: toHex(raw), password: 'x' } }),
      await send(server, '/v1/password/forgot/send_code', { body: { email: toHex(email) } }),
    ];
    t.same(
      replies.map(({ status }) => status),
      [200, 200, 200],
      `a mail server that ${what}`,
    );
    t.equal(await server.services.storage.outbox.count(), 3, 'the mails wait');
  }
});
