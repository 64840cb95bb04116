import t from 'tap';
import {
  accept,
  createAccount,
  login,
  makeEmail,
  prepareAccounts,
  sendRecoveryCode,
  toHex,
} from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { type Signer, send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t);

t.test('a wrong verification code is refused, the correct one is always accepted', async (t) => {
  const { uid } = await createAccount(server, { verified: false });
  const other = await createAccount(server, { verified: false });
  const code = await server.mailbox.readCode('x-verify-code', uid);
  const verify = (body: object) => send(server, '/v1/recovery_email/verify_code', { body });
  checkRefusal(t, await verify({ uid, code: 'ab'.repeat(32) }), 400, 105);
  checkRefusal(t, await verify({ uid: other.uid, code }), 400, 105);
  t.same((await verify({ uid: uid.toUpperCase(), code: code.toUpperCase() })).body, {});
  t.same((await verify({ uid, code })).body, {});
  t.comment('a wrong code is refused after verification');
  checkRefusal(t, await verify({ uid, code: 'ab'.repeat(32) }), 400, 105);
});

t.test('resend_code mails the same code until the address is verified', async (t) => {
  const account = await createAccount(server, { verified: false });
  const { uid } = account;
  const { sessionToken: token } = await login(server, account);
  const resend = () =>
    send(server, '/v1/recovery_email/resend_code', { signer: { type: 'sessionToken', token } });
  const code = await server.mailbox.readCode('x-verify-code', uid);
  t.same(accept(await resend()), {});
  const mails = await server.mailbox.list(uid);
  t.same(
    mails.map(({ headers }) => headers.get('x-verify-code')),
    [code, code],
  );
  accept(await send(server, '/v1/recovery_email/verify_code', { body: { uid, code } }));
  t.same(accept(await resend()), {});
  t.equal((await server.mailbox.list(uid)).length, 2);
});

t.test('mails are in the language that the account was created with, over both APIs', async (t) => {
  const headers = { 'Accept-Language': 'fr;q=0.9, en;q=0.1' };
  const [account] = prepareAccounts(1);
  const bodies = {
    '/v1/account/create': account?.body as { email: string },
    '/v1/raw_password/account/create': { email: toHex(makeEmail()), password: 'password' },
  };
  for (const [path, body] of Object.entries(bodies)) {
    const { uid } = accept(await send(server, path, { body, headers }));
    const later = { body: { email: body.email }, headers: { 'Accept-Language': 'ja' } };
    accept(await send(server, '/v1/password/forgot/send_code', later));
    const mails = await server.mailbox.list(uid);
    t.same(
      mails.map((mail) => mail.headers.get('content-language')),
      ['fr', 'fr'],
      path,
    );
  }
});

t.test('mails have a link with the code in the fragment', async (t) => {
  const account = await createAccount(server, { verified: false });
  const { uid, email } = account;
  const { code: recoveryCode } = await sendRecoveryCode(server, account);
  const [verify, recovery] = await server.mailbox.list(uid);
  const code = verify?.headers.get('x-verify-code');
  const links = [
    `${server.publicUrl}/verify_email#uid=${uid}&code=${code}`,
    `${server.publicUrl}/reset_password#code=${recoveryCode}`,
  ];
  for (const [i, mail] of [verify, recovery].entries()) {
    t.equal(mail?.headers.get('x-link'), links[i]);
    t.ok(mail?.text?.includes(links[i] as string), 'in the text');
    t.ok(
      String(mail?.html)
        .replaceAll('&amp;', '&')
        .includes(links[i] as string),
      'in the HTML',
    );
    t.match(mail?.to, { value: [{ address: email }] });
  }
});

t.test(
  'a forgotPasswordToken has three tries; resend_code returns the remaining tries and time',
  async (t) => {
    const account = await createAccount(server);
    const body = { email: toHex(account.email) };
    const sent = accept(await send(server, '/v1/password/forgot/send_code', { body }));
    t.match(sent, { ttl: 900, codeLength: 8, tries: 3, forgotPasswordToken: /^[0-9a-f]{64}$/ });
    const code = await server.mailbox.readCode('x-recovery-code', account.uid);
    const wrong = { code: String((Number(code) + 1) % 10 ** 8).padStart(8, '0') };
    const signer: Signer = { type: 'forgotPasswordToken', token: sent.forgotPasswordToken };
    const verify = (body: object) => send(server, '/v1/password/forgot/verify_code', { signer, body });
    const resend = () => send(server, '/v1/password/forgot/resend_code', { signer, body });

    t.match(await verify(wrong), { status: 400, body: { errno: 105, tries: 2 } });
    server.clock.advance(350);
    const resent = accept(await resend());
    t.match(resent, { codeLength: 8, tries: 2, forgotPasswordToken: sent.forgotPasswordToken });
    t.ok((resent.ttl as number) > 530 && (resent.ttl as number) <= 550, 'ttl is the remaining time');
    t.equal(await server.mailbox.readCode('x-recovery-code', account.uid), code, 'the same code');
    for (const tries of [1, 0]) t.match((await verify(wrong)).body, { errno: 105, tries });
    t.comment('no tries remain');
    checkRefusal(t, await verify({ code }), 401, 110);
    checkRefusal(t, await resend(), 401, 110);
  },
);

t.test('send_code cancels the previous token and code', async (t) => {
  const account = await createAccount(server);
  const first = await sendRecoveryCode(server, account);
  const second = await sendRecoveryCode(server, account);
  const verify = (token: string, code: string) =>
    send(server, '/v1/password/forgot/verify_code', {
      signer: { type: 'forgotPasswordToken', token },
      body: { code },
    });
  checkRefusal(t, await verify(first.forgotPasswordToken, first.code), 401, 110);
  if (first.code !== second.code) {
    t.match((await verify(second.forgotPasswordToken, first.code)).body, { errno: 105, tries: 2 });
  }
  t.match(accept(await verify(second.forgotPasswordToken, second.code)).accountResetToken, /^[0-9a-f]{64}$/);
});

t.test('an unverified account can recover its password and stays unverified', async (t) => {
  const account = await createAccount(server, { verified: false });
  const { forgotPasswordToken, code } = await sendRecoveryCode(server, account);
  const signer = { type: 'forgotPasswordToken', token: forgotPasswordToken } as const;
  const { accountResetToken } = accept(
    await send(server, '/v1/password/forgot/verify_code', { signer, body: { code } }),
  );
  const reset = {
    signer: { type: 'accountResetToken', token: accountResetToken },
    body: { newPassword: 'new' },
  } as const;
  accept(await send(server, '/v1/raw_password/password/reset', reset));
  const body = { email: toHex(account.email), password: 'new' };
  t.match(accept(await send(server, '/v1/raw_password/session/create', { body })), { verified: false });
});
