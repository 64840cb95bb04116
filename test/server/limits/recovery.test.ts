import t, { type Test } from 'tap';
import { accept, accountBody, makeEmail, toHex } from '../../support/api/accounts.js';
import { resetBody } from '../../support/api/endpoints.js';
import { type Reply, send } from '../../support/api/send.js';
import type { TestServer } from '../../support/api/start-server.js';
import {
  assertTooMany,
  makeSource,
  sendFrom,
  startLimitedServer,
} from '../../support/limits/limited-server.js';
import { startRedis } from '../../support/services/redis.js';

const SRP_PW = Buffer.alloc(32, 1);

for (const store of ['in process', 'in Redis'] as const) {
  t.test(`counted ${store}`, async (t) => {
    const env: Record<string, string> = store === 'in Redis' ? { REDIS_URL: (await startRedis(t)).url } : {};
    const server = await startLimitedServer(t, {}, env);
    for (const [name, run] of Object.entries(TESTS)) await t.test(name, (t) => run(t, server));
  });
}

const TESTS: Record<string, (t: Test, server: TestServer) => Promise<void>> = {
  async 'requests of others neither cancel nor block a recovery'(t, server) {
    const { email, uid } = await open(server);
    const owner = makeSource();
    const mine = await recover(server, owner, email, uid);
    const strangers = Array.from({ length: 3 }, makeSource);
    const theirs: Reply[] = [];
    for (const stranger of strangers) {
      for (let i = 0; i < 3; i++) theirs.push(await sendCode(server, stranger, email));
    }
    t.same(
      theirs.map(({ status }) => status),
      [200, 200, 200, 200, 200, 200, 200, 429, 429],
      'any source can use seven of ten mails',
    );
    const late = makeSource();
    t.equal((await sendCode(server, late, email)).status, 200, 'the rest is reserved for new sources');
    assertTooMany(t, server, await sendCode(server, late, email), 'mailsToAddress');

    const verified = await verifyCode(server, owner, mine.token, mine.code);
    t.equal(verified.status, 200, 'the owner’s token is valid');
    const accountResetToken = String(verified.body.accountResetToken);
    const [stranger = '', , last = ''] = theirs.map(({ body }) => String(body.forgotPasswordToken));
    t.equal((await verifyCode(server, owner, stranger, 'wrong')).body.errno, 110, 'cancelled by its source');
    t.equal((await verifyCode(server, owner, last, 'wrong')).body.errno, 105, 'lives');
    const body = resetBody(accountResetToken, email, SRP_PW);
    accept(
      await send(server, '/v1/account/reset', {
        signer: { type: 'accountResetToken', token: accountResetToken },
        body,
      }),
    );
    t.equal((await verifyCode(server, owner, last, 'wrong')).body.errno, 110, 'a reset cancels all tokens');
  },

  async 'a source can request three mails per hour, address and kind'(t, server) {
    const { email } = await open(server);
    const source = makeSource();
    for (let i = 0; i < 3; i++) t.equal((await sendCode(server, source, email)).status, 200);
    assertTooMany(t, server, await sendCode(server, source, email), 'mailsToAddressFromSource');
    t.equal((await sendCode(server, source, (await open(server)).email)).status, 200, 'to another address');
  },

  async 'the sources of a /48 can together request three mails per hour and address'(t, server) {
    const { email } = await open(server);
    for (let i = 0; i < 3; i++) {
      t.equal((await sendCode(server, `2001:db8:77:${i}00::1`, email)).status, 200);
    }
    assertTooMany(t, server, await sendCode(server, '2001:db8:77:300::1', email), 'mailsToAddressFromSource');
    t.equal((await sendCode(server, '2001:db8:78::1', email)).status, 200, 'another /48');
  },

  async 'a new request of a source cancels its previous one'(t, server) {
    const { email, uid } = await open(server);
    const source = makeSource();
    const first = await recover(server, source, email, uid);
    const second = await recover(server, source, email, uid);
    t.equal((await verifyCode(server, source, first.token, first.code)).body.errno, 110);
    t.equal((await verifyCode(server, source, second.token, first.code)).body.errno, 105, 'its own code');
    t.equal((await verifyCode(server, source, second.token, second.code)).status, 200);
  },

  async 'each token has its own tries'(t, server) {
    const { email, uid } = await open(server);
    const [one, other] = [
      await recover(server, makeSource(), email, uid),
      await recover(server, makeSource(), email, uid),
    ];
    for (let i = 0; i < 3; i++) await verifyCode(server, makeSource(), one.token, 'wrong');
    t.equal((await verifyCode(server, makeSource(), one.token, one.code)).body.errno, 110);
    t.equal((await verifyCode(server, makeSource(), other.token, other.code)).status, 200);
  },

  async 'every spelling of a mailbox counts as one'(t, server) {
    const name = makeEmail().split('@')[0] as string;
    const spellings = [
      `"${name}"@example.org`,
      `"${name.replace(/(.)/g, '\\$1')}"@EXAMPLE.org`,
      `${name}@example.org`,
    ];
    const source = makeSource();
    for (const email of spellings) {
      accept(
        await send(server, '/v1/account/create', {
          body: accountBody(email, SRP_PW),
          headers: { 'X-Forwarded-For': makeSource() },
        }),
      );
      t.equal((await sendCode(server, source, email)).status, 200, email);
    }
    for (const email of spellings) {
      assertTooMany(t, server, await sendCode(server, source, email), 'mailsToAddressFromSource');
    }
  },
};

t.test('wrong recovery codes count for the account, over all tokens and sources', async (t) => {
  const server = await startLimitedServer(t, { recoveryCodesForAccount: '4/3600' });
  const { email, uid } = await open(server);
  const tokens = [];
  for (let i = 0; i < 3; i++) tokens.push(await recover(server, makeSource(), email, uid));
  const [first, second, third] = tokens as [Recovery, Recovery, Recovery];
  t.equal(
    (await verifyCode(server, makeSource(), third.token, third.code)).status,
    200,
    'correct codes do not count',
  );
  for (const { token } of [first, first, second, second]) {
    t.equal((await verifyCode(server, makeSource(), token, 'wrong')).body.errno, 105);
  }
  assertTooMany(
    t,
    server,
    await verifyCode(server, makeSource(), first.token, 'wrong'),
    'recoveryCodesForAccount',
  );
  assertTooMany(
    t,
    server,
    await verifyCode(server, makeSource(), second.token, second.code),
    'recoveryCodesForAccount',
  );
});

interface Recovery {
  token: string;
  code: string;
}

async function open(server: TestServer) {
  const email = makeEmail();
  const body = accountBody(email, SRP_PW);
  const { uid } = accept(await sendFrom(makeSource(), server, '/v1/account/create', { body }));
  return { email, uid: uid as string };
}

function sendCode(server: TestServer, source: string, email: string) {
  return sendFrom(source, server, '/v1/password/forgot/send_code', { body: { email: toHex(email) } });
}

async function recover(server: TestServer, source: string, email: string, uid: string): Promise<Recovery> {
  const { forgotPasswordToken: token } = accept(await sendCode(server, source, email));
  return { token, code: await server.mailbox.readCode('x-recovery-code', uid) };
}

function verifyCode(server: TestServer, source: string, token: string, code: string) {
  const signer = { type: 'forgotPasswordToken', token } as const;
  return sendFrom(source, server, '/v1/password/forgot/verify_code', { signer, body: { code } });
}
