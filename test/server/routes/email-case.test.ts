import { randomBytes } from 'node:crypto';
import t from 'tap';
import {
  accept,
  accountBody,
  createAccount,
  sendRecoveryCode,
  type TestAccount,
  toHex,
} from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { answerChallenge } from '../../support/api/protocol-math.js';
import { send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { makeSource, sendFrom, startLimitedServer } from '../../support/limits/limited-server.js';

const STORED = 'Ünïcode+Tag@Example.ORG';
const TYPED = 'Ünïcode+tag@example.org';

const server = await startServer(t);
const account = await createAccount(server, { email: STORED });

async function prove(
  server: TestServer,
  typed: string,
  { email, srpPW }: Pick<TestAccount, 'email' | 'srpPW'>,
) {
  const started = accept(await send(server, '/v1/auth/start', { body: { email: toHex(typed) } }));
  const { srpToken, srp } = started;
  const { A, M } = answerChallenge({ email, srpPW, srpSalt: Buffer.from(srp.salt, 'hex'), B: srp.B });
  return { started, finish: { srpToken, A, M } };
}

t.test('auth/start accepts any case, and returns the stored address if it differs', async (t) => {
  const { started } = await prove(server, TYPED, account);
  t.equal(started.email, toHex(STORED));
  const same = await prove(server, STORED, account);
  t.notOk('email' in same.started);
  t.equal(started.srp.salt, same.started.srp.salt);
  t.comment('only ASCII letters are case-insensitive');
  const foreign = { email: toHex('ünïcode+Tag@Example.ORG') };
  checkRefusal(t, await send(server, '/v1/auth/start', { body: foreign }), 400, 102);
});

t.test('a proof with the stored address logs in, with any case at auth/start', async (t) => {
  const { finish } = await prove(server, TYPED, account);
  t.equal((await send(server, '/v1/auth/finish', { body: finish })).status, 200);
});

t.test(
  'a proof with another case is errno 120 with the stored address, and consumes the srpToken',
  async (t) => {
    const { finish } = await prove(server, TYPED, { ...account, email: TYPED });
    checkRefusal(t, await send(server, '/v1/auth/finish', { body: finish }), 400, 120, {
      email: toHex(STORED),
    });
    checkRefusal(t, await send(server, '/v1/auth/finish', { body: finish }), 401, 110);
  },
);

t.test('a wrong password in the stored case is errno 103', async (t) => {
  const { finish } = await prove(server, STORED, { ...account, srpPW: randomBytes(32) });
  checkRefusal(t, await send(server, '/v1/auth/finish', { body: finish }), 400, 103);
});

t.test('guesses in another case count', async (t) => {
  const server = await startLimitedServer(t, { passwordsForAccountFromSource: '2/900' });
  const account = await createAccount(server, { email: STORED });
  const source = makeSource();
  const guess = async () => {
    const { finish } = await prove(server, TYPED, { ...account, srpPW: randomBytes(32) });
    return sendFrom(source, server, '/v1/auth/finish', { body: finish });
  };
  for (let i = 0; i < 2; i++) t.match((await guess()).body, { errno: 120 });
  t.match((await guess()).body, { errno: 114 });
});

t.test('a recovery code for another case is errno 120 with the stored address, without a mail', async (t) => {
  const body = { email: toHex(TYPED) };
  const told = { email: toHex(STORED) };
  const mails = (await server.mailbox.listAll()).length;
  checkRefusal(t, await send(server, '/v1/password/forgot/send_code', { body }), 400, 120, told);
  t.equal((await server.mailbox.listAll()).length, mails);

  const { forgotPasswordToken: token, code } = await sendRecoveryCode(server, account);
  const signer = { type: 'forgotPasswordToken', token } as const;
  checkRefusal(t, await send(server, '/v1/password/forgot/resend_code', { signer, body }), 400, 120, told);
  t.equal((await server.mailbox.listAll()).length, mails + 1);
  const verified = await send(server, '/v1/password/forgot/verify_code', { signer, body: { code } });
  t.equal(verified.status, 200, 'the token is still valid');
});

t.test('an account cannot be created twice in different case', async (t) => {
  const srp = { body: accountBody(TYPED, randomBytes(32)) };
  checkRefusal(t, await send(server, '/v1/account/create', srp), 400, 101);
  const raw = { body: { email: toHex(TYPED), password: 'x' } };
  checkRefusal(t, await send(server, '/v1/raw_password/account/create', raw), 400, 101);
});
