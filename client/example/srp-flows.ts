import { check, printFlow, refusedStep, step } from './journal.js';
import {
  attachOverSrp,
  checkReset,
  type Example,
  makeAccount,
  recover,
  useDevice,
  verifyEmail,
} from './shared-steps.js';

/** Runs the flows as a desktop, which stretches the password itself. */
export async function runSrpFlows(example: Example): Promise<void> {
  const { client, srp } = example;
  const { email, password, changedPassword, lastPassword } = makeAccount('Srp');

  printFlow(`Create account, over SRP: ${email}`);
  const { uid } = await step('POST /v1/get_random_bytes, /v1/account/create', () =>
    srp.createAccount(email, password),
  );
  const first = await step('POST /v1/auth/start, /v1/auth/finish, /v1/session/create', () =>
    srp.login(email, password, { name: 'The first desktop', type: 'desktop' }),
  );
  check(first.uid === uid && !first.verified, 'the session is not of the new account');
  await verifyEmail(example, { email, uid, sessionToken: first.sessionToken });
  const keys = await useDevice(example, first);

  printFlow('Attach a new device, over SRP, the address in another case');
  const second = await attachOverSrp(example, { email: email.toLowerCase(), password }, keys);
  await step('GET /v1/account/devices: both devices', async () => {
    const { devices } = await client.account.devices(second.sessionToken);
    check(devices.length === 2, `there are ${devices.length}`);
  });
  await refusedStep('POST /v1/auth/finish with another password', 'incorrectPassword', () =>
    srp.login(email, lastPassword),
  );

  printFlow('Change password, over SRP');
  await step('POST /v1/password/change/start, GET /v1/account/keys, POST /v1/account/reset', () =>
    srp.changePassword(email, password, changedPassword),
  );
  await refusedStep('GET /v1/account/devices with the old session', 'invalidToken', () =>
    client.account.devices(second.sessionToken),
  );
  await attachOverSrp(example, { email, password: changedPassword }, keys);

  printFlow('Forgot password, over SRP, the address in another case');
  const accountResetToken = await recover(example, { email, uid });
  await step('POST /v1/account/reset', () =>
    srp.resetPassword(email.toLowerCase(), accountResetToken, lastPassword),
  );
  const last = await attachOverSrp(example, { email, password: lastPassword });
  checkReset(keys, last);

  printFlow('Sign out and leave');
  await step('POST /v1/session/destroy', () => client.session.destroy(last.sessionToken));
  await step('POST /v1/account/destroy', () => srp.destroyAccount(email, lastPassword));
  await refusedStep('POST /v1/auth/start', 'unknownAccount', () => srp.authenticate(email, lastPassword));
}
