import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { accountBody, login, makeEmail, sendRecoveryCode, toHex } from '../../support/api/accounts.js';
import type { TestServer } from '../../support/api/start-server.js';
import {
  assertTooMany,
  loggedLimits,
  makeSource,
  rawLoginFrom,
  sendFrom,
  startLimitedServer,
  tryPasswordFrom,
} from '../../support/limits/limited-server.js';
import { startRedis } from '../../support/services/redis.js';

const RATES = {
  requestsOfSource: '40/60',
  passwordsForAccountFromSource: '5/900',
  passwordsFromSource: '8/900',
  passwordsForAccount: '10/3600',
  accountsFromSource: '3/3600',
  mailsToAddress: '3/3600',
  mailsFromSource: '5/3600',
  codesForAccountFromSource: '3/3600',
};

for (const store of ['in process', 'in Redis'] as const) {
  t.test(`counted ${store}`, async (t) => {
    const env: Record<string, string> = store === 'in Redis' ? { REDIS_URL: (await startRedis(t)).url } : {};
    const server = await startLimitedServer(t, RATES, env);
    for (const [name, run] of Object.entries(TESTS)) await t.test(name, (t) => run(t, server));
  });
}

const TESTS: Record<string, (t: Test, server: TestServer) => Promise<void>> = {
  async 'requests of one source are limited, requests of others are not'(t, server) {
    const source = makeSource();
    const ask = () => sendFrom(source, server, '/v1/get_random_bytes');
    for (let i = 0; i < 40; i++) t.equal((await ask()).status, 200);
    assertTooMany(t, server, await ask(), 'requestsOfSource');
    t.equal((await sendFrom(makeSource(), server, '/v1/get_random_bytes')).status, 200);
    t.equal((await sendFrom(source, server, '/__heartbeat__', { method: 'GET' })).status, 200);
  },

  async 'wrong passwords for one account from one source are limited, with both login methods'(t, server) {
    const account = await createAccountFrom(makeSource(), server);
    const source = makeSource();
    for (let i = 0; i < 4; i++) {
      t.match((await tryPasswordFrom(source, server, account, 'wrong')).body, { errno: 103 });
    }
    t.match((await rawLoginFrom(source, server, account.email, 'wrong')).body, { errno: 103 });
    for (const refused of [
      await tryPasswordFrom(source, server, account, 'right'),
      await rawLoginFrom(source, server, account.email, 'wrong'),
    ]) {
      assertTooMany(t, server, refused, 'passwordsForAccountFromSource');
    }
    const other = await createAccountFrom(makeSource(), server);
    t.equal(
      (await tryPasswordFrom(source, server, other, 'right')).status,
      200,
      'other accounts are not affected',
    );
    t.equal(
      (await tryPasswordFrom(makeSource(), server, account, 'right')).status,
      200,
      'other sources are not affected',
    );
  },

  async 'a customer with a /48 is one source of wrong passwords for an account'(t, server) {
    const account = await createAccountFrom(makeSource(), server);
    const makeNeighbour = (i: number) => `2001:db8:77:${i}00::1`;
    for (let i = 0; i < 5; i++) {
      t.match((await tryPasswordFrom(makeNeighbour(i), server, account, 'wrong')).body, { errno: 103 });
    }
    const refused = await tryPasswordFrom(makeNeighbour(5), server, account, 'wrong');
    assertTooMany(t, server, refused, 'passwordsForAccountFromSource');
    t.equal(
      (await tryPasswordFrom('2001:db8:78::1', server, account, 'right')).status,
      200,
      'of another /48',
    );
  },

  async 'simultaneous wrong passwords do not exceed the limit'(t, server) {
    const account = await createAccountFrom(makeSource(), server);
    const source = makeSource();
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => tryPasswordFrom(source, server, account, 'wrong')),
    );
    t.equal(replies.filter(({ body }) => body.errno === 103).length, 5);
    t.equal(replies.filter(({ body }) => body.errno === 114).length, 7);
  },

  async 'a correct password does not count'(t, server) {
    const account = await createAccountFrom(makeSource(), server);
    const source = makeSource();
    for (let i = 0; i < 4; i++) await tryPasswordFrom(source, server, account, 'wrong');
    for (let i = 0; i < 4; i++)
      t.equal((await tryPasswordFrom(source, server, account, 'right')).status, 200);
    t.match((await tryPasswordFrom(source, server, account, 'wrong')).body, { errno: 103 });
    assertTooMany(
      t,
      server,
      await tryPasswordFrom(source, server, account, 'wrong'),
      'passwordsForAccountFromSource',
    );
  },

  async 'wrong passwords of one source over many accounts are limited'(t, server) {
    const source = makeSource();
    const accounts = await Promise.all(
      Array.from({ length: 5 }, () => createAccountFrom(makeSource(), server)),
    );
    for (const account of accounts.slice(1)) {
      for (let i = 0; i < 2; i++) await tryPasswordFrom(source, server, account, 'wrong');
    }
    const [account] = accounts as [(typeof accounts)[number]];
    assertTooMany(t, server, await tryPasswordFrom(source, server, account, 'wrong'), 'passwordsFromSource');
    t.equal((await tryPasswordFrom(makeSource(), server, account, 'right')).status, 200);
  },

  async 'an owner can log in while many sources guess'(t, server) {
    const account = await createAccountFrom(makeSource(), server);
    const [one, another] = [makeSource(), makeSource()];
    for (const source of [one, another]) {
      for (let i = 0; i < 5; i++) {
        t.match((await tryPasswordFrom(source, server, account, 'wrong')).body, { errno: 103 });
      }
    }
    const third = makeSource();
    for (let i = 0; i < 3; i++) {
      t.match((await tryPasswordFrom(third, server, account, 'wrong')).body, { errno: 103 });
    }
    assertTooMany(t, server, await tryPasswordFrom(third, server, account, 'wrong'), 'passwordsForAccount');
    const owner = makeSource();
    for (const outcome of ['wrong', 'wrong', 'right', 'right'] as const) {
      const { status } = await tryPasswordFrom(owner, server, account, outcome);
      t.equal(status, outcome === 'right' ? 200 : 400);
    }
  },

  async 'the extra tries of all sources together are limited'(t, server) {
    const account = await createAccountFrom(makeSource(), server);
    const guess = () => tryPasswordFrom(makeSource(), server, account, 'wrong');
    for (let i = 0; i < 20; i++) t.match((await guess()).body, { errno: 103 });
    assertTooMany(t, server, await guess(), 'passwordsForAccount');
  },

  async 'accounts created from one source are limited, with both login methods'(t, server) {
    const source = makeSource();
    const create = () => sendFrom(source, server, '/v1/account/create', { body: makeAccountBody() });
    for (let i = 0; i < 3; i++) t.equal((await create()).status, 200);
    const raw = { email: toHex(makeEmail()), password: 'a password' };
    for (const refused of [
      await create(),
      await sendFrom(source, server, '/v1/raw_password/account/create', { body: raw }),
    ]) {
      assertTooMany(t, server, refused, 'accountsFromSource');
    }
    t.equal(
      (await sendFrom(makeSource(), server, '/v1/account/create', { body: makeAccountBody() })).status,
      200,
    );
  },

  async 'mails of each kind to one address are limited, from all sources together'(t, server) {
    const account = await createAccountFrom(makeSource(), server);
    const { sessionToken: token } = await login(server, account);
    const resend = () =>
      sendFrom(makeSource(), server, '/v1/recovery_email/resend_code', {
        signer: { type: 'sessionToken', token },
      });
    const sendCode = (email: string) =>
      sendFrom(makeSource(), server, '/v1/password/forgot/send_code', { body: { email: toHex(email) } });
    for (let i = 0; i < 2; i++) t.equal((await resend()).status, 200);
    assertTooMany(t, server, await resend(), 'mailsToAddress');
    const sent = await sendCode(account.email);
    t.equal(sent.status, 200, 'verification mails do not count as recovery mails');
    for (let i = 0; i < 2; i++) t.equal((await sendCode(account.email)).status, 200);
    const resent = await sendFrom(makeSource(), server, '/v1/password/forgot/resend_code', {
      signer: { type: 'forgotPasswordToken', token: sent.body.forgotPasswordToken },
      body: { email: toHex(account.email) },
    });
    for (const refused of [resent, await sendCode(account.email)]) {
      assertTooMany(t, server, refused, 'mailsToAddress');
    }
    const mails = await server.mailbox.list(account.uid);
    t.equal(mails.length, 6, 'three of each kind');
  },

  async 'mails requested by one source are limited'(t, server) {
    const source = makeSource();
    const accounts = await Promise.all(
      Array.from({ length: 6 }, () => createAccountFrom(makeSource(), server)),
    );
    const order = ({ email }: { email: string }) =>
      sendFrom(source, server, '/v1/password/forgot/send_code', { body: { email: toHex(email) } });
    for (const account of accounts.slice(1)) t.equal((await order(account)).status, 200);
    const [last] = accounts as [(typeof accounts)[number]];
    assertTooMany(t, server, await order(last), 'mailsFromSource');
    t.equal((await sendRecoveryCode(server, last)).code.length, 8, 'other sources are not affected');
  },

  async 'wrong verification codes for one account from one source are limited'(t, server) {
    const { uid } = await createAccountFrom(makeSource(), server);
    const source = makeSource();
    const verify = (from: string, code: string) =>
      sendFrom(from, server, '/v1/recovery_email/verify_code', { body: { uid, code } });
    const right = await server.mailbox.readCode('x-verify-code', uid);
    const wrong = randomBytes(32).toString('hex');
    for (let i = 0; i < 3; i++) t.match((await verify(source, wrong)).body, { errno: 105 });
    assertTooMany(t, server, await verify(source, right), 'codesForAccountFromSource');
    const uppercase = { uid: uid.toUpperCase(), code: right };
    assertTooMany(
      t,
      server,
      await sendFrom(source, server, '/v1/recovery_email/verify_code', { body: uppercase }),
      'codesForAccountFromSource',
    );
    for (let i = 0; i < 4; i++) t.equal((await verify(makeSource(), right)).status, 200);
  },

  async 'a refused request does not count'(t, server) {
    const victim = await createAccountFrom(makeSource(), server);
    const source = makeSource();
    for (let i = 0; i < 20; i++) await tryPasswordFrom(source, server, victim, 'wrong');
    // If refused attempts counted for the account, two more would exceed its ten.
    const other = makeSource();
    for (let i = 0; i < 5; i++) {
      t.match((await tryPasswordFrom(other, server, victim, 'wrong')).body, { errno: 103 });
    }
  },
};

t.test('a client that waits for Retry-After is served', async (t) => {
  const server = await startLimitedServer(t, { accountsFromSource: '1/2' });
  const source = makeSource();
  const create = () => sendFrom(source, server, '/v1/account/create', { body: makeAccountBody() });
  t.equal((await create()).status, 200);
  const refused = await create();
  assertTooMany(t, server, refused, 'accountsFromSource');
  await delay((refused.body.retryAfter as number) * 1000);
  t.equal((await create()).status, 200);
});

t.test('with RATE_LIMITS=log exceeded limits are logged and not refused', async (t) => {
  const server = await startLimitedServer(
    t,
    { accountsFromSource: '1/3600', requestsOfSource: '1/60' },
    { RATE_LIMITS: 'log' },
  );
  const source = makeSource();
  for (let i = 0; i < 3; i++) {
    const { status } = await sendFrom(source, server, '/v1/account/create', { body: makeAccountBody() });
    t.equal(status, 200);
  }
  const [requests, accounts] = ['requestsOfSource', 'accountsFromSource'];
  t.same(loggedLimits(server, false), [requests, accounts, requests, accounts]);
  t.same(loggedLimits(server), [], 'none was refused');
});

function makeAccountBody() {
  return accountBody(makeEmail(), randomBytes(32));
}

async function createAccountFrom(source: string, server: TestServer) {
  const [email, srpPW] = [makeEmail(), randomBytes(32)];
  const { body } = await sendFrom(source, server, '/v1/account/create', { body: accountBody(email, srpPW) });
  return { email, srpPW, unwrapBKey: randomBytes(32), uid: body.uid };
}
