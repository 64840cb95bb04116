import { equalBytes } from '../../protocol/bundle.js';
import type { KeyServerClient } from '../key-server-client.js';
import type { AccountKeys, Login, SrpClient } from '../srp-client.js';
import { signCertificate } from './certificate.js';
import { check, step } from './journal.js';
import type { Mailbox } from './mailbox.js';

export interface Example {
  client: KeyServerClient;
  srp: SrpClient;
  mailbox: Mailbox;
}

/** Verifies the address while listening to recovery_email/status, until the stream reports `verified: true`. */
export async function verifyEmail(
  { client, mailbox }: Example,
  account: { email: string; uid: string; sessionToken: string },
): Promise<void> {
  const events = client.recoveryEmail.statusEvents(account.sessionToken);
  await step('GET /v1/recovery_email/status as an event stream: not verified yet', async () => {
    const first = await events.next();
    check(first.value?.verified === false, 'the account is verified before its code was sent');
  });
  const code = await step('the verification code, from the mail', () =>
    mailbox.readCode('X-Verify-Code', account),
  );
  await step('POST /v1/recovery_email/verify_code', () => client.recoveryEmail.verifyCode(account.uid, code));
  await step('the event stream reports verified', async () => {
    for await (const { verified } of events) if (verified) return;
  });
}

/** Fetches the keys of an SRP login and requests a certificate, as every attached device does. */
export async function useDevice({ client, srp }: Example, login: Login): Promise<AccountKeys> {
  const keys = await step('GET /v1/account/keys: kA and kB', () =>
    srp.fetchKeys(login.keyFetchToken, login.unwrapBKey),
  );
  await certify(client, login);
  return keys;
}

export async function certify(
  client: KeyServerClient,
  { sessionToken, uid }: { sessionToken: string; uid: string },
): Promise<void> {
  await step('POST /v1/certificate/sign: a valid certificate', () =>
    signCertificate(client, sessionToken, uid),
  );
}

/** Attaches a device over SRP and compares its keys with known ones. */
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
    check(equalBytes(keys.kA, known.kA), 'kA differs');
    check(equalBytes(keys.kB, known.kB), 'kB differs');
    console.log('          the keys are the same');
  }
  return { ...login, ...keys };
}

/** Recovers an account. @returns the accountResetToken */
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

export function checkReset(before: AccountKeys, after: AccountKeys): void {
  check(equalBytes(before.kA, after.kA), 'kA changed');
  check(!equalBytes(before.kB, after.kB), 'kB did not change');
  console.log('          kA is the same, kB is new');
}

export function makeAccount(prefix: string) {
  const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex');
  const passwords = { password: random(), changedPassword: `påsswörd ${random()}`, lastPassword: random() };
  return { email: `${prefix}-${random()}@example.com`, ...passwords };
}
