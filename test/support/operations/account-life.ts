import { randomBytes } from 'node:crypto';
import { createSrpAccount, newAddress, type SrpAccount } from '../../../bench/load/accounts.js';
import { CERTIFICATE_REQUEST } from '../../../bench/load/certificate-request.js';
import { takeMailedCodes } from '../../../bench/load/mail-folder.js';
import { Sender } from '../../../bench/load/sender.js';
import { finishRequest, openAuthToken, startRequest } from '../../../bench/load/srp-login.js';
import type { ServerProcess } from '../../../bench/server/server-process.js';
import { KeyServerClient } from '../../../client/key-server-client.js';
import { toHex } from '../../../protocol/hex.js';
import { SRP_TYPE } from '../../../protocol/srp.js';
import { STRETCHING_PARAMETERS } from '../../../protocol/stretching.js';

/** Maximum [SQL statements, Redis round trips] of each request. A mail takes three statements. */
export const BOUNDS = {
  get_random_bytes: [0, 0],
  'account/create': [6, 1],
  'auth/start': [1, 1],
  'auth/finish': [0, 4],
  'session/create': [2, 3],
  'recovery_email/status': [1, 1],
  'recovery_email/verify_code': [2, 3],
  'certificate/sign': [1, 1],
  'account/devices': [2, 1],
  'account/keys': [1, 2],
  'password/change/start': [1, 4],
  'account/reset': [2, 5],
  'session/destroy': [2, 2],
  'password/forgot/send_code': [5, 3],
  'password/forgot/verify_code': [1, 5],
  'raw_password/account/create': [6, 1],
  'raw_password/session/create': [2, 3],
  'raw_password/password/change': [3, 5],
  'account/destroy': [2, 5],
} as const satisfies Record<string, readonly [sql: number, redis: number]>;

export type EndpointName = keyof typeof BOUNDS;

export type Count = <Reply>(name: EndpointName, send: () => Promise<Reply>) => Promise<Reply>;

export async function runEveryEndpoint(server: ServerProcess, count: Count): Promise<void> {
  const client = new KeyServerClient({ url: server.url });
  const sender = new Sender(server.url, 1);
  await count('get_random_bytes', () => client.getRandomBytes());
  const account = await count('account/create', () => createSrpAccount(server));
  const { emailHex, uid } = account;
  const login = () => authenticate(sender, account, count);

  const session = await login().then((token) => count('session/create', () => client.session.create(token)));
  const { sessionToken, keyFetchToken } = session;
  await count('recovery_email/status', () => client.recoveryEmail.status(sessionToken));
  const mailed = await takeMailedCodes(server, 'X-Verify-Code', [uid]);
  const code = mailed.get(uid) as string;
  await count('recovery_email/verify_code', () => client.recoveryEmail.verifyCode(uid, code));
  await count('certificate/sign', () => client.certificate.sign(sessionToken, CERTIFICATE_REQUEST));
  await count('account/devices', () => client.account.devices(sessionToken));
  await count('account/keys', () => client.account.keys(keyFetchToken));
  await count('session/destroy', () => client.session.destroy(sessionToken));

  const change = await login().then((token) =>
    count('password/change/start', () => client.password.changeStart(token)),
  );
  await count('account/reset', () => client.account.reset(change.accountResetToken, newPassword()));

  const forgot = await count('password/forgot/send_code', () => client.password.forgotSendCode(emailHex));
  const recovery = await takeMailedCodes(server, 'X-Recovery-Code', [uid]);
  await count('password/forgot/verify_code', () =>
    client.password.forgotVerifyCode(forgot.forgotPasswordToken, recovery.get(uid) as string),
  );
  await liveRawLife(client, count);

  const doomed = await createSrpAccount(server);
  const authToken = await authenticate(sender, doomed, async (_, send) => send());
  await count('account/destroy', () => client.account.destroy(authToken));
  sender.close();
}

async function liveRawLife({ rawPassword }: KeyServerClient, count: Count): Promise<void> {
  const request = { email: Buffer.from(newAddress()).toString('hex'), password: 'first password' };
  await count('raw_password/account/create', () => rawPassword.createAccount(request));
  await count('raw_password/session/create', () => rawPassword.createSession(request));
  const { email, password: oldPassword } = request;
  await count('raw_password/password/change', () =>
    rawPassword.changePassword({ email, oldPassword, newPassword: 'second password' }),
  );
}

async function authenticate(sender: Sender, account: SrpAccount, count: Count): Promise<string> {
  const started = await count('auth/start', () => sender.sendOk(startRequest(account)));
  const { request, K } = finishRequest(account, started.body);
  const finished = await count('auth/finish', () => sender.sendOk(request));
  return openAuthToken(finished.body, K);
}

function newPassword() {
  return {
    wrapKb: randomBytes(32),
    srp: { type: SRP_TYPE, salt: toHex(randomBytes(32)), verifier: randomBytes(256).fill(0x42, 0, 1) },
    passwordStretching: { ...STRETCHING_PARAMETERS, salt: toHex(randomBytes(32)) },
  };
}
