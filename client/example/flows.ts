import { equalBytes } from '../../protocol/bundle.js';
import type { KeyServerClient } from '../key-server-client.js';
import type { AccountKeys, Login, SrpClient } from '../srp-client.js';
import { signCertificate } from './certificate.js';
import { check, step } from './journal.js';
import type { Mailbox } from './mailbox.js';

/** What a flow works with. */
export interface Example {
  client: KeyServerClient;
  srp: SrpClient;
  mailbox: Mailbox;
}

/** Listens to recovery_email/status while the mailed code is given, until the stream says `verified: true`. */
export async function verifyEmail(
  { client, mailbox }: Example,
  account: { email: string; uid: string; sessionToken: string },
): Promise<void> {
  const events = client.recoveryEmail.statusEvents(account.sessionToken);
  await step('GET /v1/recovery_email/status as an event stream: not verified yet', async () => {
    const first = await events.next();
    check(first.value?.verified === false, 'the account is verified before its code was given');
  });
  const code = await step('the verification code, from the mail', () =>
    mailbox.readCode('X-Verify-Code', account),
  );
  await step('POST /v1/recovery_email/verify_code', () => client.recoveryEmail.verifyCode(account.uid, code));
  await step('the event stream says verified', async () => {
    for await (const { verified } of events) if (verified) return;
  });
}

/** Fetches the keys of an SRP login and has a certificate signed: the end of every way to attach a device. */
export async function useDevice({ client, srp }: Example, login: Login): Promise<AccountKeys> {
  const keys = await step('GET /v1/account/keys: kA and kB', () =>
    srp.fetchKeys(login.keyFetchToken, login.unwrapBKey),
  );
  await certify(client, login);
  return keys;
}

/** Has a certificate signed with a session, and checks it. */
export async function certify(
  client: KeyServerClient,
  { sessionToken, uid }: { sessionToken: string; uid: string },
): Promise<void> {
  await step('POST /v1/certificate/sign: a certificate that checks out', () =>
    signCertificate(client, sessionToken, uid),
  );
}

/** Attaches a device over SRP and compares its keys with those known. */
export async function attachOverSrp(
  example: Example,
  { email, password }: { email: string; password: string },
  known?: AccountKeys,
): Promise<Login & AccountKeys> {
  const login = await step('POST /v1/auth/start, /v1/auth/finish, /v1/session/create', () =>
    example.srp.login(email, password, { name: 'A desktop', type: 'desktop' }),
  );
  const keys = await useDevice(example, login);
  if (known) {
    check(equalBytes(keys.kA, known.kA), 'kA is another');
    check(equalBytes(keys.kB, known.kB), 'kB is another');
    console.log('          the keys are those of before');
  }
  return { ...login, ...keys };
}

/** Forgot password, up to the token to reset the account with. */
export async function recover(
  { srp, mailbox }: Example,
  account: { email: string; uid: string },
): Promise<string> {
  const { forgotPasswordToken } = await step('POST /v1/password/forgot/send_code', () =>
    srp.sendRecoveryCode(account.email),
  );
  const code = await step('the recovery code, from the mail', () =>
    mailbox.readCode('X-Recovery-Code', account),
  );
  return step('POST /v1/password/forgot/verify_code', () =>
    srp.verifyRecoveryCode(forgotPasswordToken, code),
  );
}

/** After a forgotten password: kA is the same, kB another. @throws Error when it is not so */
export function checkReset(before: AccountKeys, after: AccountKeys): void {
  check(equalBytes(before.kA, after.kA), 'kA did not survive the reset');
  check(!equalBytes(before.kB, after.kB), 'kB survived the reset');
  console.log('          kA is the same, kB is new');
}

/** An address and passwords nobody uses. */
export function makeAccount(prefix: string) {
  const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex');
  const passwords = { password: random(), changedPassword: `påsswörd ${random()}`, lastPassword: random() };
  return { email: `${prefix}-${random()}@example.com`, ...passwords };
}
