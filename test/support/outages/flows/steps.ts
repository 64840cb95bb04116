import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import {
  accept,
  authenticate,
  createAccount,
  login,
  makeEmail,
  sendRecoveryCode,
  type TestAccount,
  toHex,
} from '../../api/accounts.js';
import { resetBody } from '../../api/endpoints.js';
import type { TokenType } from '../../api/protocol-math.js';
import { type Reply, type Signer, send } from '../../api/send.js';
import type { TestServer } from '../../api/start-server.js';
import { untilTrue } from '../waiting.js';
import type { PreparedRequest } from './flow-request.js';

export const PASSWORD = 'correct horse';

export const signed = (type: TokenType, token: string): { signer: Signer } => ({ signer: { type, token } });

export async function loginRaw(server: TestServer, email: string, password = PASSWORD): Promise<Reply> {
  return send(server, '/v1/raw_password/session/create', { body: { email: toHex(email), password } });
}

export async function createRaw(server: TestServer, email = makeEmail()) {
  const body = { email: toHex(email), password: PASSWORD };
  const { uid } = accept(await send(server, '/v1/raw_password/account/create', { body }));
  return { email, uid };
}

export const readStatus = (server: TestServer, token: string) =>
  send(server, '/v1/recovery_email/status', { method: 'GET', ...signed('sessionToken', token) });

export async function checkCreated(t: Test, server: TestServer, uid: string): Promise<void> {
  // A mail whose commit was not acknowledged waits for the next poll of the outbox.
  server.services.mailer.wake();
  t.equal((await server.mailbox.list(uid)).length, 1, 'one verification mail');
}

export async function enter(server: TestServer, verified = true) {
  const account = await createAccount(server, { verified });
  return { account, ...(await login(server, account)) };
}

export async function checkDevices(t: Test, server: TestServer, sessionToken: string): Promise<void> {
  const call = { method: 'GET', ...signed('sessionToken', sessionToken) } as const;
  const count = async () => accept(await send(server, '/v1/account/devices', call)).devices.length;
  // A session of the failed request is removed a moment later.
  await t.resolves(
    untilTrue(async () => (await count()) === 1),
    'one session',
  );
}

export async function recover(server: TestServer) {
  const { account, sessionToken } = await enter(server);
  const { forgotPasswordToken } = await sendRecoveryCode(server, account);
  const token = await verifyRecoveryCode(server, account, forgotPasswordToken);
  return { account, sessionToken, token };
}

/** Tries all mailed codes: a failed request may also have mailed one. */
export async function verifyRecoveryCode(
  server: TestServer,
  { uid }: TestAccount,
  token: string,
): Promise<string> {
  server.services.mailer.wake();
  const codes = (await server.mailbox.list(uid)).map(({ headers }) => headers.get('x-recovery-code'));
  for (const code of codes.filter(Boolean)) {
    const call = { ...signed('forgotPasswordToken', token), body: { code } };
    const { status, body } = await send(server, '/v1/password/forgot/verify_code', call);
    if (status === 200) return body.accountResetToken;
  }
  throw new Error('no mailed code is correct');
}

export function reset(
  server: TestServer,
  { email }: TestAccount,
  sessionToken: string,
  token: string,
): PreparedRequest {
  const srpPW = randomBytes(32);
  const call = { ...signed('accountResetToken', token), body: resetBody(token, email, srpPW) };
  return {
    send: () => send(server, '/v1/account/reset', call),
    async check(t) {
      t.equal((await readStatus(server, sessionToken)).body.errno, 110, 'its sessions have ended');
      await login(server, { email, srpPW });
    },
  };
}

export async function destroy(
  server: TestServer,
  account: Pick<TestAccount, 'email' | 'srpPW'>,
): Promise<PreparedRequest> {
  const token = await authenticate(server, account);
  return {
    send: () => send(server, '/v1/account/destroy', signed('authToken', token)),
    async check(t) {
      const { body } = await send(server, '/v1/auth/start', { body: { email: toHex(account.email) } });
      t.equal(body.errno, 102, 'the account is gone');
    },
  };
}
