import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import {
  accept,
  authenticate,
  createAccount,
  login,
  makeEmail,
  sendRecoveryCode,
  startAuthentication,
  startPasswordChange,
  toHex,
  verifyAccount,
} from '../support/api/accounts.js';
import { RSA_KEY } from '../support/api/certificates.js';
import { resetBody } from '../support/api/endpoints.js';
import { deriveToken, openBundle, xor } from '../support/api/protocol-math.js';
import { readDataDir, readRedis, Secrets } from '../support/api/secrets.js';
import { type Reply, type Signer, send, sign } from '../support/api/send.js';
import { startServer, type TestServer } from '../support/api/start-server.js';
import { startRedis } from '../support/services/redis.js';

for (const store of ['in process', 'in Redis']) {
  t.test(`with tokens ${store}`, async (t) => {
    const redis = store === 'in Redis' ? await startRedis(t) : undefined;
    const server = await startServer(t, redis ? { REDIS_URL: redis.url } : {});
    const secrets = new Secrets();
    await runAllFlows(server, secrets);
    const refusals = await sendMisplacedSecrets(server, secrets);

    t.test('no log line has a secret or an address, at level trace', async (t) => {
      t.ok(server.logLines.length > 40, `${server.logLines.length} lines`);
      for (const line of server.logLines) checkFreeOf(t, secrets, line, line);
    });

    t.test('no refusal repeats a secret', async (t) => {
      for (const { text } of refusals) checkFreeOf(t, secrets, text, text);
    });

    t.test('metrics contain no secret', async (t) => {
      const { text } = await send(server, '/metrics', { method: 'GET' });
      checkFreeOf(t, secrets, text, 'the metrics');
    });

    t.test('no file of the server contains a secret in binary, hex or base64', async (t) => {
      const files = await readDataDir(server.dataDir);
      t.ok(files.some(([name]) => name.endsWith('.sqlite-wal')));
      for (const [name, content] of files) checkFreeOf(t, secrets, content, name, ADDRESS);
    });

    if (redis) {
      t.test('Redis contains no secret in binary, hex or base64', async (t) => {
        const entries = await readRedis(redis.url);
        t.ok(entries.length > 5, `${entries.length} keys`);
        for (const [key, value] of entries) checkFreeOf(t, secrets, `${key}\n${value}`, key);
      });
    }
  });
}

t.test('the search finds a secret as text, bytes, hex and base64', async (t) => {
  const secrets = new Secrets();
  const password = secrets.addText('password', 'correct horse');
  const token = Buffer.from(secrets.addHex('token', randomBytes(32).toString('hex')), 'hex');
  t.same(secrets.findIn(`a ${password} battery staple`), ['password']);
  t.same(secrets.findIn(Buffer.concat([randomBytes(7), token, randomBytes(7)])), ['token']);
  t.same(secrets.findIn(`{"token":"${token.toString('hex').toUpperCase()}"}`), ['token']);
  for (const length of [0, 1, 2, 3, 4]) {
    const wrapped = Buffer.concat([randomBytes(length), token, randomBytes(5)]);
    t.same(secrets.findIn(wrapped.toString('base64')), ['token']);
    t.same(secrets.findIn(wrapped.toString('base64url')), ['token']);
    const json = JSON.stringify({ padding: 'x'.repeat(length), token: token.toString('hex') });
    t.same(secrets.findIn(Buffer.from(json).toString('base64')), ['token']);
  }
  t.same(secrets.findIn('nothing'), []);
});

const ADDRESS = /address/;

function checkFreeOf(
  t: Test,
  secrets: Secrets,
  haystack: Buffer | string,
  name: string,
  allowed?: RegExp,
): void {
  const found = secrets.findIn(haystack).filter((secret) => !allowed?.test(secret));
  if (found.length > 0) t.fail(`${found.join(', ')} in ${name}`);
  else t.pass(name.slice(0, 80));
}

async function runAllFlows(server: TestServer, secrets: Secrets): Promise<void> {
  const note = (name: string, hex: string) => secrets.addHex(name, hex);
  const password = secrets.addText('password', `pass-${randomBytes(12).toString('hex')}`);
  const email = secrets.addText('address', makeEmail());
  const account = await createAccount(server, { email, password, verified: false });
  note('srpPW', account.srpPW.toString('hex'));
  note('unwrapBKey', account.unwrapBKey.toString('hex'));
  note('verification code', await server.mailbox.readCode('x-verify-code', account.uid));
  await verifyAccount(server, account.uid);

  const { finish, K } = await startAuthentication(server, account);
  secrets.addText('srpToken', finish.srpToken);
  note('K', K.toString('hex'));
  note('M', finish.M);
  accept(await send(server, '/v1/auth/finish', { body: finish }));
  const authToken = note('authToken', await authenticate(server, account));
  note('authToken requestKey', deriveToken('authToken', authToken).requestKey.toString('hex'));

  const { sessionToken, keyFetchToken } = await login(server, account, { name: 'A phone', type: 'phone' });
  note('sessionToken', sessionToken);
  note('sessionToken reqHMACkey', deriveToken('sessionToken', sessionToken).key.toString('hex'));
  note('keyFetchToken', keyFetchToken);
  const keys = await fetchKeys(server, keyFetchToken);
  note('kA', keys.kA.toString('hex'));
  note('wrap(kB)', keys.wrapKb.toString('hex'));
  note('kB', xor(keys.wrapKb, account.unwrapBKey).toString('hex'));

  const session: Signer = { type: 'sessionToken', token: sessionToken };
  accept(
    await send(server, '/v1/certificate/sign', {
      signer: session,
      body: { publicKey: RSA_KEY, duration: 60 },
    }),
  );
  const raw = { email: toHex(email), password };
  note(
    'raw sessionToken',
    accept(await send(server, '/v1/raw_password/session/create', { body: raw })).sessionToken,
  );
  const newPassword = secrets.addText('new password', `new-${randomBytes(12).toString('hex')}`);
  const change = { email: toHex(email), oldPassword: password, newPassword };
  accept(await send(server, '/v1/raw_password/password/change', { body: change }));

  const { forgotPasswordToken, code } = await sendRecoveryCode(server, account);
  note('forgotPasswordToken', forgotPasswordToken);
  const verify = {
    signer: { type: 'forgotPasswordToken', token: forgotPasswordToken },
    body: { code },
  } as const;
  const { accountResetToken } = accept(await send(server, '/v1/password/forgot/verify_code', verify));
  note('accountResetToken', accountResetToken);
  const srpPW = randomBytes(32);
  note('new srpPW', srpPW.toString('hex'));
  const reset = resetBody(accountResetToken, email, srpPW);
  const signer = { type: 'accountResetToken', token: accountResetToken } as const;
  accept(await send(server, '/v1/account/reset', { signer, body: reset }));

  // Unfinished flows, so that the stores contain every kind of record.
  const rest = await startPasswordChange(server, { email, srpPW });
  note('keyFetchToken left', rest.keyFetchToken);
  note('accountResetToken left', rest.accountResetToken);
  note('forgotPasswordToken left', (await sendRecoveryCode(server, account)).forgotPasswordToken);
  note('sessionToken left', (await login(server, { email, srpPW })).sessionToken);
  note('authToken left', await authenticate(server, { email, srpPW }));
}

async function fetchKeys(server: TestServer, token: string) {
  const signer = { type: 'keyFetchToken', token } as const;
  const { bundle } = accept(await send(server, '/v1/account/keys', { method: 'GET', signer }));
  const [kA, wrapKb] = openBundle(deriveToken('keyFetchToken', token).requestKey, 'account/keys', bundle) as [
    Buffer,
    Buffer,
  ];
  return { kA, wrapKb };
}

async function sendMisplacedSecrets(server: TestServer, secrets: Secrets): Promise<Reply[]> {
  const password = secrets.addText('misplaced password', `misplaced-${randomBytes(12).toString('hex')}`);
  const token = secrets.addHex('misplaced token', randomBytes(32).toString('hex'));
  const email = toHex(secrets.addText('misplaced address', makeEmail()));
  const signer: Signer = { type: 'sessionToken', token };
  return Promise.all([
    send(server, `/v1/account/devices?password=${password}&token=${token}`, { method: 'GET', signer }),
    send(server, `/v1/${password}/${token}`, { method: 'GET' }),
    send(server, '/v1/account/devices', { method: 'GET', headers: { Authorization: `Bearer ${token}` } }),
    send(server, '/v1/account/devices', {
      method: 'GET',
      headers: { Authorization: `Hawk ${token} ${password}` },
    }),
    send(server, '/v1/account/devices', {
      method: 'GET',
      headers: {
        Authorization: sign(server, '/v1/account/devices', { method: 'GET', hawk: { id: token } }, signer),
      },
    }),
    send(server, '/v1/raw_password/session/create', { body: `{"email":"${email}","password":${password}` }),
    send(server, '/v1/raw_password/session/create', { body: { email, password: [password] } }),
    send(server, '/v1/raw_password/session/create', { body: { email: password, password: token } }),
    send(server, '/v1/raw_password/session/create', { body: { email, password } }),
    send(server, '/v1/raw_password/session/create', { body: { [password]: token } }),
    send(server, '/v1/auth/finish', { body: { srpToken: token, A: password, M: password } }),
    send(server, '/v1/recovery_email/verify_code', { body: { uid: token, code: password } }),
    send(server, '/v1/certificate/sign', {
      signer,
      body: { publicKey: { algorithm: password, n: token }, duration: password },
    }),
    send(server, '/v1/account/create', { body: password, headers: { 'Content-Type': `text/${password}` } }),
  ]);
}
