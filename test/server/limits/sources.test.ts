import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { LimitName } from '../../../config/limits.js';
import { accountBody, createAccount, makeEmail, startAuthentication } from '../../support/api/accounts.js';
import { type Call, type Reply, send } from '../../support/api/send.js';
import type { TestServer } from '../../support/api/start-server.js';
import {
  assertTooMany,
  loggedLimits,
  sendFrom,
  startLimitedServer,
} from '../../support/limits/limited-server.js';
import { startRedis } from '../../support/services/redis.js';

const ACCOUNTS = 3;
const RATES = { accountsFromSource: `${ACCOUNTS}/3600` };

function createFrom(server: TestServer, call: Call): Promise<Reply> {
  return send(server, '/v1/account/create', { body: accountBody(makeEmail(), randomBytes(32)), ...call });
}

async function assertOneSource(t: Test, server: TestServer, calls: Call[]): Promise<void> {
  for (let i = 0; i < ACCOUNTS; i++) {
    t.equal((await createFrom(server, calls[i % calls.length] as Call)).status, 200);
  }
  for (const call of calls) assertTooMany(t, server, await createFrom(server, call), 'accountsFromSource');
}

t.test('without a proxy', async (t) => {
  const server = await startLimitedServer(t, RATES, { TRUST_PROXY: '' });

  await t.test('each address is a source', async (t) => {
    await assertOneSource(t, server, [{ from: '127.0.0.2' }]);
    t.equal((await createFrom(server, { from: '127.0.0.3' })).status, 200);
  });

  await t.test('X-Forwarded-For does not change the source', async (t) => {
    const calls = ['198.51.100.1', '198.51.100.2', 'unknown'].map((address) => ({
      from: '127.0.0.4',
      headers: { 'X-Forwarded-For': address },
    }));
    await assertOneSource(t, server, calls);
  });
});

t.test('behind a proxy', async (t) => {
  const server = await startLimitedServer(t, RATES, { TRUST_PROXY: '127.0.0.8' });
  const through = (forwarded: string) => ({
    from: '127.0.0.8',
    headers: { 'X-Forwarded-For': forwarded },
  });

  await t.test('each address in the header is a source', async (t) => {
    await assertOneSource(t, server, [through('198.51.100.1')]);
    t.equal((await createFrom(server, through('198.51.100.2'))).status, 200);
  });

  await t.test('earlier values of the header are ignored', async (t) => {
    const calls = ['203.0.113.1', '203.0.113.2', '127.0.0.8'].map((made) => through(`${made}, 198.51.100.3`));
    await assertOneSource(t, server, calls);
  });

  await t.test('an IPv6 /56 is one source', async (t) => {
    await assertOneSource(
      t,
      server,
      ['2001:db8:0:700::1', '2001:db8:0:7ff:ffff::2', '2001:DB8::701:0:0:0:3'].map(through),
    );
    t.equal((await createFrom(server, through('2001:db8:0:800::1'))).status, 200);
  });

  await t.test('a /48 may create ten times as many accounts as a source', async (t) => {
    for (let i = 0; i < 10 * ACCOUNTS; i++) {
      t.equal((await createFrom(server, through(`2001:db8:99:${i.toString(16)}00::1`))).status, 200);
    }
    const refused = await createFrom(server, through('2001:db8:99:ff00::1'));
    assertTooMany(t, server, refused, 'accountsFromNetwork');
    t.equal((await createFrom(server, through('2001:db8:98:ff00::1'))).status, 200);
  });

  await t.test('an address with a port is that address', async (t) => {
    await assertOneSource(t, server, ['198.51.100.4', '198.51.100.4:1024', '198.51.100.4:1025'].map(through));
    await assertOneSource(t, server, ['2001:db8:0:900::1', '[2001:db8:0:900::1]:1024'].map(through));
  });

  await t.test('an invalid address counts as the proxy’s address', async (t) => {
    await assertOneSource(t, server, ['unknown', '_hidden', 'x'.repeat(5000)].map(through));
  });

  await t.test('the header of an untrusted address is ignored', async (t) => {
    const calls = ['198.51.100.5', '198.51.100.6'].map((address) => ({
      from: '127.0.0.9',
      headers: { 'X-Forwarded-For': address },
    }));
    await assertOneSource(t, server, calls);
  });
});

/** Each source of the network may do something once. */
async function assertTenOfNetwork(
  t: Test,
  server: TestServer,
  limit: LimitName,
  errno: number,
  attemptFrom: (source: string) => Promise<Reply>,
): Promise<void> {
  for (let i = 0; i < 10; i++) t.match((await attemptFrom(`2001:db8:99:${i}00::1`)).body, { errno });
  assertTooMany(t, server, await attemptFrom('2001:db8:99:ff00::1'), limit);
  t.match((await attemptFrom('2001:db8:98:ff00::1')).body, { errno }, 'another /48 is not affected');
}

t.test('a /48 may guess ten times as many passwords as a source', async (t) => {
  const rates = { passwordsFromSource: '1/900', passwordsForAccountFromSource: '100/900' };
  const server = await startLimitedServer(t, rates);
  const account = await createAccount(server);
  await assertTenOfNetwork(t, server, 'passwordsFromNetwork', 103, async (source) => {
    const { finish } = await startAuthentication(server, account);
    return sendFrom(source, server, '/v1/auth/finish', { body: { ...finish, M: '00'.repeat(32) } });
  });
});

t.test('a /48 may try ten times as many taken addresses as a source', async (t) => {
  const server = await startLimitedServer(t, { accountsFromSource: '1/3600' }, { ENUMERATION_GUARD: 'on' });
  const body = accountBody((await createAccount(server)).email, randomBytes(32));
  await assertTenOfNetwork(t, server, 'accountsFromNetwork', 101, (source) =>
    sendFrom(source, server, '/v1/account/create', { body }),
  );
});

t.test('servers with the same Redis share limits', async (t) => {
  const redis = await startRedis(t);
  const rates = { ...RATES, passwordsForAccountFromSource: '2/900' };
  const first = await startLimitedServer(t, rates, { REDIS_URL: redis.url });
  const second = await startLimitedServer(t, rates, { REDIS_URL: redis.url, DATA_DIR: first.dataDir });
  const source = '198.51.100.7';
  const create = (server: TestServer) =>
    sendFrom(source, server, '/v1/account/create', { body: accountBody(makeEmail(), randomBytes(32)) });
  for (const server of [first, second, first]) t.equal((await create(server)).status, 200);
  for (const server of [first, second]) assertTooMany(t, server, await create(server), 'accountsFromSource');

  const account = await createAccount(first);
  const guess = async (server: TestServer) => {
    const { finish } = await startAuthentication(server, account);
    return sendFrom(source, server, '/v1/auth/finish', { body: { ...finish, M: '00'.repeat(32) } });
  };
  for (const server of [first, second]) t.match((await guess(server)).body, { errno: 103 });
  for (const server of [first, second]) {
    assertTooMany(t, server, await guess(server), 'passwordsForAccountFromSource');
  }
});

t.test('without Redis limited requests are refused, and work afterwards', async (t) => {
  const redis = await startRedis(t, { args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  const server = await startLimitedServer(t, RATES, { REDIS_URL: redis.url });
  const source = '198.51.100.8';
  const email = makeEmail();
  const create = (address: string) =>
    sendFrom(source, server, '/v1/account/create', { body: accountBody(address, randomBytes(32)) });
  for (let i = 1; i < ACCOUNTS; i++) t.equal((await create(makeEmail())).status, 200);
  await redis.stop('SIGKILL');
  for (let i = 0; i < 5; i++) {
    const { status, headers, body } = await create(email);
    t.match({ status, body }, { status: 503, body: { errno: 201, retryAfter: 2 } });
    t.equal(headers['retry-after'], '2');
  }
  await redis.start();
  let reply = await create(email);
  while (reply.status === 503) reply = await create(email);
  t.equal(reply.status, 200, 'no account is created or counted');
  assertTooMany(t, server, await create(makeEmail()), 'accountsFromSource');
  t.same(loggedLimits(server), ['accountsFromSource']);
});
