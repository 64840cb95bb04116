import t from 'tap';
import { createAccount, sendRecoveryCode } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t);

const WRONG_CODES = ['badcode', '-', '1234567', '123456789', '1234 5678', '١٢٣٤٥٦٧٨', 'x'.repeat(60_000)];
const NO_CODES = ['', ' ', ' \t\r\n\u00a0', 12_345_678, null, true, ['12345678']];

t.test('white space around a code is ignored', async (t) => {
  const account = await createAccount(server, { verified: false });
  const { uid } = account;
  const verifyCode = await server.mailbox.readCode('x-verify-code', uid);
  const body = { uid, code: `\u00a0${verifyCode.toUpperCase()} \r\n` };
  t.equal((await send(server, '/v1/recovery_email/verify_code', { body })).status, 200);

  const { forgotPasswordToken: token, code } = await sendRecoveryCode(server, account);
  const signer = { type: 'forgotPasswordToken', token } as const;
  const typed = { signer, body: { code: ` \t${code}\n` } };
  t.equal((await send(server, '/v1/password/forgot/verify_code', typed)).status, 200);
});

t.test('a verification code of any other form is wrong', async (t) => {
  const { uid } = await createAccount(server, { verified: false });
  const verify = (code: unknown) => send(server, '/v1/recovery_email/verify_code', { body: { uid, code } });
  for (const code of WRONG_CODES) checkRefusal(t, await verify(code), 400, 105);
  for (const code of NO_CODES) checkRefusal(t, await verify(code), 400, 107, { param: 'code' });
});

t.test('a wrong recovery code of any form uses a try, and the refusal has the remaining tries', async (t) => {
  const account = await createAccount(server);
  for (const code of WRONG_CODES) {
    const { forgotPasswordToken: token, code: right } = await sendRecoveryCode(server, account);
    const signer = { type: 'forgotPasswordToken', token } as const;
    const verify = (code: unknown) =>
      send(server, '/v1/password/forgot/verify_code', { signer, body: { code } });
    for (const none of NO_CODES) checkRefusal(t, await verify(none), 400, 107, { param: 'code' });
    const issuedAt = server.clock.now();
    for (const tries of [2, 1, 0]) {
      server.clock.advance(100);
      const reply = await verify(code);
      const ttl = reply.body.ttl as number;
      checkRefusal(t, reply, 400, 105, { tries, ttl });
      const elapsedSeconds = (server.clock.now() - issuedAt) / 1000;
      t.ok(Number.isInteger(ttl) && Math.abs(900 - elapsedSeconds - ttl) < 60, `${ttl} s of 900`);
    }
    checkRefusal(t, await verify(right), 401, 110);
  }
});
