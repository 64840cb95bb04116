import t, { type Test } from 'tap';
import { openTokens, toHex } from '../../support/api/accounts.js';
import { DSA_KEY, makeRsaKey } from '../../support/api/certificates.js';
import {
  attachOverSrp,
  certify,
  createOverSrp,
  Flow,
  fetchKeys,
  openSession,
  proveOverSrp,
  resetOverSrp,
} from '../../support/api/example-flows.js';
import { deriveToken } from '../../support/api/protocol-math.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { startRedis } from '../../support/services/redis.js';

const ATTACH_A_NEW_DEVICE = [
  'POST /auth/start',
  'POST /auth/finish',
  'POST /session/create',
  'GET /account/keys',
  'POST /certificate/sign',
];

/** The same on both servers, so that this process stretches each password once. */
const [SRP_EMAIL, RAW_EMAIL] = ['srp@example.org', 'raw@example.org'];

for (const variant of ['in process, under an RSA key', 'in Redis, under a DSA key'] as const) {
  t.test(`with tokens ${variant}`, async (t) => {
    const server =
      variant === 'in process, under an RSA key'
        ? await startServer(t)
        : await startServer(t, { REDIS_URL: (await startRedis(t)).url, SIGNING_ALGORITHM: 'DS' });
    t.test('the example flows work over SRP', (t) => runSrpFlows(t, server));
    t.test('the example flows work over raw_password', (t) => runRawPasswordFlows(t, server));
  });
}

async function runSrpFlows(t: Test, server: TestServer): Promise<void> {
  const create = new Flow(server, makeRsaKey());
  const user = await createOverSrp(create, 'pässwörd', SRP_EMAIL);
  const { authToken, unwrapBKey } = await proveOverSrp(create, user);
  const { keyFetchToken, sessionToken } = await openSession(create, authToken);
  const status = await create.get('/recovery_email/status', { type: 'sessionToken', token: sessionToken });
  t.same(status, { email: toHex(user.email), verified: false });
  const code = await server.mailbox.readCode('x-verify-code', user.uid);
  t.same(await create.post('/recovery_email/verify_code', { uid: user.uid, code }), {});
  const keys = await fetchKeys(create, keyFetchToken, unwrapBKey);
  await certify(create, user, sessionToken);
  t.same(
    create.sent,
    [
      'POST /get_random_bytes',
      'POST /account/create',
      'POST /auth/start',
      'POST /auth/finish',
      'POST /session/create',
      'GET /recovery_email/status',
      'POST /recovery_email/verify_code',
      'GET /account/keys',
      'POST /certificate/sign',
    ],
    'Create account',
  );

  const attach = new Flow(server, DSA_KEY);
  const device = await attachOverSrp(attach, user);
  t.same({ kA: device.kA, kB: device.kB }, { kA: keys.kA, kB: keys.kB }, 'a second device has the same keys');
  t.same(attach.sent, ATTACH_A_NEW_DEVICE, 'Attach a new device');

  const change = new Flow(server);
  const proof = await proveOverSrp(change, user);
  const { bundle } = await change.post('/password/change/start', undefined, {
    type: 'authToken',
    token: proof.authToken,
  });
  const { requestKey } = deriveToken('authToken', proof.authToken);
  const [changeKeyFetch, accountReset] = openTokens(requestKey, 'password/change', bundle);
  const { kB } = await fetchKeys(change, changeKeyFetch, proof.unwrapBKey);
  await resetOverSrp(change, user, accountReset, 'changed', { kB });
  t.same(
    change.sent,
    [
      'POST /auth/start',
      'POST /auth/finish',
      'POST /password/change/start',
      'GET /account/keys',
      'POST /account/reset',
    ],
    'Change password',
  );
  const changed = await attachOverSrp(new Flow(server), { ...user, password: 'changed' });
  t.same(
    { kA: changed.kA, kB: changed.kB },
    { kA: keys.kA, kB: keys.kB },
    'a changed password keeps the keys',
  );

  const forgot = new Flow(server);
  const token = await recover(forgot, user);
  await resetOverSrp(forgot, user, token, 'recovered');
  t.same(
    forgot.sent,
    ['POST /password/forgot/send_code', 'POST /password/forgot/verify_code', 'POST /account/reset'],
    'Forgot password',
  );
  const recovered = await attachOverSrp(new Flow(server), { ...user, password: 'recovered' });
  t.equal(recovered.kA, keys.kA, 'a forgotten password keeps kA');
  t.not(recovered.kB, keys.kB, 'a forgotten password replaces kB');

  const crossing = new Flow(server);
  const session = await crossing.post('/raw_password/session/create', {
    email: toHex(user.email),
    password: 'recovered',
  });
  await certify(crossing, user, session.sessionToken);
}

async function runRawPasswordFlows(t: Test, server: TestServer): Promise<void> {
  const create = new Flow(server);
  const email = RAW_EMAIL;
  const credentials = { email: toHex(email), password: 'pässwörd' };
  const { uid } = await create.post('/raw_password/account/create', credentials);
  const user = { email, password: credentials.password, uid };
  const session = await create.post('/raw_password/session/create', credentials);
  t.match(session, { uid, verified: false, sessionToken: /^[0-9a-f]{64}$/ });
  const signer = { type: 'sessionToken', token: session.sessionToken } as const;
  t.same(await create.get('/recovery_email/status', signer), { email: toHex(email), verified: false });
  const code = await server.mailbox.readCode('x-verify-code', uid);
  await create.post('/recovery_email/verify_code', { uid, code });
  t.same(await create.get('/recovery_email/status', signer), { email: toHex(email), verified: true });
  await certify(create, user, session.sessionToken);

  const attach = new Flow(server);
  t.match(await attach.post('/raw_password/session/create', credentials), { uid, verified: true });
  const device = await attachOverSrp(attach, user);

  const change = new Flow(server);
  const passwords = { oldPassword: credentials.password, newPassword: 'changed' };
  t.same(await change.post('/raw_password/password/change', { email: toHex(email), ...passwords }), {});
  const changed = await attachOverSrp(change, { ...user, password: 'changed' });
  t.same(
    { kA: changed.kA, kB: changed.kB },
    { kA: device.kA, kB: device.kB },
    'SRP returns the keys from before the change',
  );

  const forgot = new Flow(server);
  const token = await recover(forgot, user);
  const reset = { newPassword: 'recovered' };
  await forgot.post('/raw_password/password/reset', reset, { type: 'accountResetToken', token });
  const recovered = await attachOverSrp(forgot, { ...user, password: 'recovered' });
  t.equal(recovered.kA, device.kA);
  t.not(recovered.kB, device.kB);
  t.match(await forgot.post('/raw_password/session/create', { ...credentials, password: 'recovered' }), {
    uid,
  });
}

async function recover(flow: Flow, { email, uid }: { email: string; uid: string }): Promise<string> {
  const sent = await flow.post('/password/forgot/send_code', { email: toHex(email) });
  const code = await flow.server.mailbox.readCode('x-recovery-code', uid);
  const signer = { type: 'forgotPasswordToken', token: sent.forgotPasswordToken } as const;
  const { accountResetToken } = await flow.post('/password/forgot/verify_code', { code }, signer);
  return accountResetToken;
}
