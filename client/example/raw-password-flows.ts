import { RawPasswordClient } from '../raw-password-client.js';
import { check, printFlow, refusedStep, step } from './journal.js';
import {
  attachOverSrp,
  certify,
  checkReset,
  type Example,
  makeAccount,
  recover,
  verifyEmail,
} from './shared-steps.js';

/** Runs the flows as a constrained device. Fetching keys needs SRP, so a desktop does that. */
export async function runRawPasswordFlows(example: Example): Promise<void> {
  const { client, srp } = example;
  const raw = new RawPasswordClient(client);
  const { email, password, changedPassword, lastPassword } = makeAccount('Raw');
  const login = (secret: string) =>
    step('POST /v1/raw_password/session/create', () =>
      raw.login(email, secret, { name: 'A phone', type: 'phone' }),
    );

  printFlow(`Create account, with the password sent: ${email}`);
  const { uid } = await step('POST /v1/raw_password/account/create', () =>
    raw.createAccount(email, password),
  );
  const first = await login(password);
  check(first.uid === uid && !first.verified, 'the session is not of the new account');
  await refusedStep('POST /v1/certificate/sign', 'unverifiedAccount', () =>
    client.certificate.sign(first.sessionToken, { publicKey: SOME_KEY, duration: 60 }),
  );
  await step('POST /v1/recovery_email/resend_code', () =>
    client.recoveryEmail.resendCode(first.sessionToken),
  );
  await verifyEmail(example, { email, uid, sessionToken: first.sessionToken });
  await certify(client, first);

  printFlow('Attach a new device, over SRP, for the keys');
  const keys = await attachOverSrp(example, { email, password });
  await refusedStep('POST /v1/raw_password/session/create with another password', 'incorrectPassword', () =>
    raw.login(email, lastPassword),
  );

  printFlow('Change password, with the passwords sent');
  await step('POST /v1/raw_password/password/change', () =>
    raw.changePassword(email, password, changedPassword),
  );
  await refusedStep('GET /v1/recovery_email/status with the old session', 'invalidToken', () =>
    client.recoveryEmail.status(first.sessionToken),
  );
  await certify(client, await login(changedPassword));
  await attachOverSrp(example, { email, password: changedPassword }, keys);

  printFlow('Forgot password, with the password sent');
  const accountResetToken = await recover(example, { email, uid });
  await step('POST /v1/raw_password/password/reset', () =>
    raw.resetPassword(accountResetToken, lastPassword),
  );
  await certify(client, await login(lastPassword));
  checkReset(keys, await attachOverSrp(example, { email, password: lastPassword }));

  printFlow('Leave');
  await step('POST /v1/account/destroy', () => srp.destroyAccount(email, lastPassword));
  await refusedStep('POST /v1/raw_password/session/create', 'unknownAccount', () =>
    raw.login(email, lastPassword),
  );
}

/** The key of the API document's example. */
const SOME_KEY = {
  algorithm: 'RS',
  n: '4759385967235610503571494339196749614544606692567785790953934768202714280652973091341316862993582789079872007974809511698859885077002492642203267408776123',
  e: '65537',
} as const;
