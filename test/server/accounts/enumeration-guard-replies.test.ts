import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  accountBody,
  createAccount,
  makeEmail,
  type TestAccount,
  toHex,
} from '../../support/api/accounts.js';
import { answerChallenge } from '../../support/api/protocol-math.js';
import { type Call, type Reply, send } from '../../support/api/send.js';
import { createClock } from '../../support/api/start-server.js';
import { assertAlike } from '../../support/guard/likeness.js';
import {
  assertTooMany,
  makeSource,
  sendFrom,
  startLimitedServer,
} from '../../support/limits/limited-server.js';

const UNKNOWN = 'nobody-here@example.org';
const ZERO_A = '00'.repeat(256);

t.test('with ENUMERATION_GUARD=on an unknown address gets the same replies as a known one', async (t) => {
  const startedMs = Date.now();
  // Constant, so that all replies have the same second.
  const clock = createClock(() => startedMs);
  const server = await startLimitedServer(
    t,
    { mailsToAddress: '50/3600', mailsToAddressFromSource: '50/3600' },
    { ENUMERATION_GUARD: 'on' },
    clock,
  );
  const account = await createAccount(server);
  const password = 'the right one';
  const rawAccount = { email: toHex(makeEmail()), password };
  await send(server, '/v1/raw_password/account/create', { body: rawAccount });

  async function ask(t: Test, what: string, path: string, call: (email: string) => Call) {
    const known = await send(server, path, call(account.email));
    const unknown = await send(server, path, call(UNKNOWN));
    assertAlike(t, unknown, known, what);
    return [known, unknown] as const;
  }

  await t.test('auth/start and auth/finish', async (t) => {
    const start = (email: string) => ({ body: { email: toHex(email) } });
    const first = await ask(t, 'auth/start', '/v1/auth/start', start);
    const second = await ask(t, 'auth/start again', '/v1/auth/start', start);
    const upper = await ask(t, 'in capitals', '/v1/auth/start', (email) => start(email.toUpperCase()));
    for (const i of [0, 1] as const) {
      const [one, two, three] = [first, second, upper].map((replies) => replies[i].body);
      t.equal(one?.srp.salt, two?.srp.salt, 'salts stay');
      t.equal(one?.passwordStretching.salt, two?.passwordStretching.salt);
      t.equal(one?.srp.salt, three?.srp.salt, 'in any case');
      t.notOk('email' in (three ?? {}), 'the stored case is not revealed');
      t.not(one?.srp.B, two?.srp.B, 'B does not');
      t.not(one?.srpToken, two?.srpToken);
    }
    const finishAll = (replies: readonly Reply[], change: object = {}) =>
      replies.map(({ body: { srpToken, srp } }, i) => {
        const proof = { email: i ? UNKNOWN : account.email, srpPW: randomBytes(32) };
        const { A, M } = answerChallenge({ ...proof, srpSalt: Buffer.from(srp.salt, 'hex'), B: srp.B });
        return send(server, '/v1/auth/finish', { body: { srpToken, A, M, ...change } });
      });
    const [known, unknown] = (await Promise.all(finishAll(first))) as [Reply, Reply];
    t.match(known, { status: 400, body: { errno: 103 } });
    assertAlike(t, unknown, known, 'a wrong password');
    const [knownAgain, unknownAgain] = (await Promise.all(finishAll(first))) as [Reply, Reply];
    t.match(knownAgain, { status: 401, body: { errno: 110 } });
    assertAlike(t, unknownAgain, knownAgain, 'a used srpToken');
    const [knownZero, unknownZero] = (await Promise.all(finishAll(second, { A: ZERO_A }))) as [Reply, Reply];
    t.match(knownZero.body, { errno: 107, param: 'A' });
    assertAlike(t, unknownZero, knownZero, 'A = 0');
  });

  await t.test('raw_password/session/create', async (t) => {
    const login = (email: string) => ({ body: { email: toHex(email), password: 'wrong' } });
    const [known] = await ask(t, 'a wrong password', '/v1/raw_password/session/create', login);
    t.match(known, { status: 400, body: { errno: 103 } });
    const right = await send(server, '/v1/raw_password/session/create', { body: rawAccount });
    t.equal(right.status, 200, 'the right password of another account is');
  });

  await t.test('raw_password/password/change', async (t) => {
    const change = (email: string) => ({
      body: { email: toHex(email), oldPassword: 'wrong', newPassword: 'another' },
    });
    const [known] = await ask(t, 'a wrong password', '/v1/raw_password/password/change', change);
    t.match(known, { status: 400, body: { errno: 103 } });
  });

  await t.test('password/forgot', async (t) => {
    const mailed = (await readdir(join(server.dataDir, 'mail'))).length;
    const sendCode = (email: string) => ({ body: { email: toHex(email) } });
    const replaced = await ask(t, 'send_code', '/v1/password/forgot/send_code', sendCode);
    const sent = await ask(t, 'send_code again', '/v1/password/forgot/send_code', sendCode);
    t.equal(sent[0].status, 200);
    const tokenOf = (replies: readonly Reply[], email: string) => ({
      type: 'forgotPasswordToken' as const,
      token: replies[email === UNKNOWN ? 1 : 0]?.body.forgotPasswordToken as string,
    });
    const resend = (replies: readonly Reply[], to?: string) => (email: string) => ({
      body: { email: toHex(to ?? email) },
      signer: tokenOf(replies, email),
    });
    const verify = (code: string) => (email: string) => ({ body: { code }, signer: tokenOf(sent, email) });
    const RESEND = '/v1/password/forgot/resend_code';
    const VERIFY = '/v1/password/forgot/verify_code';

    const [gone] = await ask(t, 'a token that was replaced', RESEND, resend(replaced));
    t.match(gone.body, { errno: 110 });
    for (const other of [makeEmail(), account.email.replace('@', '@x.'), 'nobody@example.com']) {
      const [mismatch] = await ask(t, 'resend_code to another address', RESEND, resend(sent, other));
      t.match(mismatch.body, { errno: 107, param: 'email' });
    }
    const code = await server.mailbox.readCode('x-recovery-code', account.uid);
    const wrong = code === '00000000' ? '00000001' : '00000000';
    for (const triesLeft of [3, 2, 1]) {
      const [again] = await ask(t, `resend_code, ${triesLeft} tries left`, RESEND, resend(sent));
      t.match(again, { status: 200, body: { tries: triesLeft, ttl: Number } });
      const [refused] = await ask(t, 'verify_code', VERIFY, verify(wrong));
      t.match(refused.body, { errno: 105 });
    }
    const [spent] = await ask(t, 'verify_code after three', VERIFY, verify(code));
    t.match(spent.body, { errno: 110 });
    const [spentToo] = await ask(t, 'resend_code after three', RESEND, resend(sent));
    t.match(spentToo.body, { errno: 110 });

    t.equal((await server.mailbox.list(account.uid)).length, 1 + 5, 'the owner got every mail');

    // A reset over the typed case would lock the account: no mail goes out for it.
    const capitals = (email: string) => email.toUpperCase();
    const inCapitals = await ask(t, 'send_code in capitals', '/v1/password/forgot/send_code', (email) =>
      sendCode(capitals(email)),
    );
    t.equal(inCapitals[0].status, 200);
    await ask(t, 'resend_code in capitals', RESEND, (email) => resend(inCapitals, capitals(email))(email));
    await ask(t, 'resend_code in the stored case', RESEND, resend(inCapitals));
    for (const code of ['', '--------', '        ', '12345678']) {
      const signed = (email: string) => ({ body: { code }, signer: tokenOf(inCapitals, email) });
      const [refused] = await ask(t, `verify_code with "${code}"`, VERIFY, signed);
      t.match(refused.body, { errno: code.trim() ? 105 : 107 });
    }
    const restored = await ask(t, 'send_code once more', '/v1/password/forgot/send_code', sendCode);
    await ask(t, 'resend_code in capitals of a mailed code', RESEND, (email) =>
      resend(restored, capitals(email))(email),
    );
    t.equal((await server.mailbox.list(account.uid)).length, 1 + 6, 'one mail, for the stored case');

    t.equal((await readdir(join(server.dataDir, 'mail'))).length, mailed + 6, 'no other address gets a mail');
  });
});

t.test('with ENUMERATION_GUARD=on limits do not depend on accounts', async (t) => {
  const rates = {
    passwordsForAccountFromSource: '2/900',
    passwordsForAccount: '3/3600',
    mailsToAddress: '2/3600',
    accountsFromSource: '3/3600',
  };
  const server = await startLimitedServer(t, rates, { ENUMERATION_GUARD: 'on' });
  const known = await createAccount(server);
  const unknown: TestAccount = { ...known, email: UNKNOWN };
  const guess = async ({ email }: TestAccount, source: string) => {
    const { body } = await send(server, '/v1/auth/start', { body: { email: toHex(email) } });
    const finish = { srpToken: body.srpToken, A: '01'.repeat(256), M: '00'.repeat(32) };
    return sendFrom(source, server, '/v1/auth/finish', { body: finish });
  };

  await t.test('of guesses from one source, in any case', async (t) => {
    for (const account of [known, unknown]) {
      const source = makeSource();
      t.match((await guess(account, source)).body, { errno: 103 });
      const inCapitals = { ...account, email: account.email.toUpperCase() };
      t.match((await guess(inCapitals, source)).body, { errno: 103 });
      assertTooMany(t, server, await guess(account, source), 'passwordsForAccountFromSource');
      t.match((await guess(account, makeSource())).body, { errno: 103 }, 'other sources can still guess');
    }
  });

  await t.test('of mails', async (t) => {
    const order = ({ email }: TestAccount) =>
      sendFrom(makeSource(), server, '/v1/password/forgot/send_code', { body: { email: toHex(email) } });
    for (const account of [known, unknown])
      for (let i = 0; i < 2; i++) t.equal((await order(account)).status, 200);
    for (const account of [known, unknown]) assertTooMany(t, server, await order(account), 'mailsToAddress');
  });

  await t.test('of account creation, which reveals taken addresses', async (t) => {
    const source = makeSource();
    const create = (email: string) =>
      sendFrom(source, server, '/v1/account/create', { body: accountBody(email, randomBytes(32)) });
    for (let i = 0; i < 3; i++) t.match((await create(known.email)).body, { errno: 101 });
    assertTooMany(t, server, await create(known.email), 'accountsFromSource');
    assertTooMany(t, server, await create(makeEmail()), 'accountsFromSource');
  });
});
