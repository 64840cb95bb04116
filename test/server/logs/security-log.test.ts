import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  accept,
  accountBody,
  authenticate,
  createAccount,
  login,
  makeEmail,
  openTokens,
  sendRecoveryCode,
  startAuthentication,
  startPasswordChange,
  toHex,
  verifyAccount,
} from '../../support/api/accounts.js';
import { deriveToken, sealBundle } from '../../support/api/protocol-math.js';
import { type Signer, send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';

type Line = Record<string, unknown>;

const seen = new Map<unknown, Set<string>>();

/** Returns a function that reads the security events since its last call, with the request lines of each. */
function createReader(server: TestServer) {
  let read = 0;
  return async () => {
    // A client may receive the reply before the request's line is logged.
    for (;;) {
      const lines: Line[] = server.logLines.slice(read).map((line) => JSON.parse(line));
      const events = lines.filter(({ security }) => security);
      const requests = new Map(
        lines.filter(({ event }) => event === 'request').map((line) => [line.id, line]),
      );
      if (events.every(({ id }) => requests.has(id))) {
        read += lines.length;
        for (const line of lines) note(line);
        return events.map(({ level, time, security, id, ...facts }) => ({
          facts,
          request: requests.get(id),
        }));
      }
      await send(server, '/__lbheartbeat__', { method: 'GET' });
    }
  };
}

function note({ event, ...fields }: Line): void {
  const known = seen.get(event) ?? new Set();
  seen.set(event, known);
  for (const field of Object.keys(fields)) known.add(field);
}

function factsOf(events: { facts: Line }[]): Line[] {
  return events.map(({ facts }) => facts);
}

const post = (server: TestServer, path: string, body: object, signer?: Signer) =>
  send(server, `/v1${path}`, { body, ...(signer && { signer }) });

const raw = { password: 'correct horse battery staple' };

t.test('accounts, logins and sessions over SRP are logged with their request', async (t) => {
  const server = await startServer(t);
  const read = createReader(server);
  const account = await createAccount(server, { verified: false });
  const { uid } = account;
  t.same(factsOf(await read()), [{ event: 'accountCreated', uid, method: 'srp' }]);

  await verifyAccount(server, uid);
  await verifyAccount(server, uid);
  t.same(factsOf(await read()), [{ event: 'emailVerified', uid }], 'once, even if the link is opened twice');

  const { sessionToken: token } = await login(server, account);
  const [event] = await read();
  t.match(event?.facts, { event: 'loginSucceeded', uid, method: 'srp' });
  t.match(event?.request, { event: 'request', route: 'POST /v1/session/create', status: 200, uid });

  accept(await post(server, '/session/destroy', {}, { type: 'sessionToken', token }));
  t.same(factsOf(await read()), [{ event: 'sessionEnded', uid }]);

  const authToken = await authenticate(server, account);
  accept(await post(server, '/account/destroy', {}, { type: 'authToken', token: authToken }));
  t.same(factsOf(await read()), [{ event: 'accountDestroyed', uid }]);
});

t.test('failed logins are logged with source and method', async (t) => {
  const server = await startServer(t);
  const read = createReader(server);
  const account = await createAccount(server);
  const { uid } = account;
  await read();
  const source = '127.0.0.1';

  const { finish } = await startAuthentication(server, { ...account, srpPW: Buffer.alloc(32) });
  t.equal((await post(server, '/auth/finish', finish)).body.errno, 103);
  const reason = 'incorrectPassword';
  const [event] = await read();
  t.match(event?.facts, { event: 'loginFailed', uid, method: 'srp', reason, source });
  t.match(event?.request, { route: 'POST /v1/auth/finish', errno: 103, uid });

  const wrong = { email: toHex(account.email), password: 'wrong' };
  t.equal((await post(server, '/raw_password/session/create', wrong)).body.errno, 103);
  const change = { email: wrong.email, oldPassword: 'wrong', newPassword: 'new' };
  t.equal((await post(server, '/raw_password/password/change', change)).body.errno, 103);
  const failed = { event: 'loginFailed', uid, method: 'raw_password', reason, source };
  t.same(factsOf(await read()), [failed, failed]);

  const unknown = { email: toHex(makeEmail()), password: 'any' };
  t.equal((await post(server, '/auth/start', { email: unknown.email })).body.errno, 102);
  t.equal((await post(server, '/raw_password/session/create', unknown)).body.errno, 102);
  t.same(factsOf(await read()), [
    { event: 'loginFailed', method: 'srp', reason: 'unknownAccount', source },
    { event: 'loginFailed', method: 'raw_password', reason: 'unknownAccount', source },
  ]);
});

t.test('changes and resets of passwords are separate events, with both login methods', async (t) => {
  const server = await startServer(t);
  const read = createReader(server);
  const account = await createAccount(server);
  const { uid } = account;
  const reset = async (token: string) => {
    const { srp, passwordStretching } = accountBody(account.email, account.srpPW);
    const { requestKey } = deriveToken('accountResetToken', token);
    const plaintext = Buffer.concat([Buffer.alloc(32, 1), Buffer.from(srp.verifier, 'hex')]);
    const body = {
      bundle: sealBundle(requestKey, 'account/reset', plaintext),
      srp: { type: srp.type, salt: srp.salt },
      passwordStretching,
    };
    accept(await post(server, '/account/reset', body, { type: 'accountResetToken', token }));
  };
  await read();

  await reset((await startPasswordChange(server, account)).accountResetToken);
  t.same(factsOf(await read()), [{ event: 'passwordChanged', uid, method: 'srp' }]);

  const recover = async () => {
    const { forgotPasswordToken: token, code } = await sendRecoveryCode(server, account);
    const signer = { type: 'forgotPasswordToken', token } as const;
    const other = code === '00000000' ? '00000001' : '00000000';
    t.equal((await post(server, '/password/forgot/verify_code', { code: other }, signer)).body.errno, 105);
    return accept(await post(server, '/password/forgot/verify_code', { code }, signer)).accountResetToken;
  };
  const recovery = [
    { event: 'recoveryCodeSent', uid },
    { event: 'recoveryCodeWrong', uid },
    { event: 'recoveryCodeAccepted', uid },
  ];
  await reset(await recover());
  t.same(factsOf(await read()), [...recovery, { event: 'passwordReset', uid, method: 'srp' }]);

  const signer = { type: 'accountResetToken', token: await recover() } as const;
  accept(await post(server, '/raw_password/password/reset', { newPassword: raw.password }, signer));
  t.same(factsOf(await read()), [...recovery, { event: 'passwordReset', uid, method: 'raw_password' }]);

  const email = toHex(account.email);
  const change = { email, oldPassword: raw.password, newPassword: 'another' };
  accept(await post(server, '/raw_password/password/change', change));
  accept(await post(server, '/raw_password/session/create', { email, password: 'another' }));
  t.same(factsOf(await read()), [
    { event: 'passwordChanged', uid, method: 'raw_password' },
    { event: 'loginSucceeded', uid, method: 'raw_password' },
  ]);
});

t.test('an exceeded limit is logged with limit, source and known account', async (t) => {
  for (const mode of ['on', 'log']) {
    const server = await startServer(t, { RATE_LIMITS: mode, LIMIT_MAILS_TO_ADDRESS: '1/3600' });
    const read = createReader(server);
    const { uid } = accept(
      await post(server, '/raw_password/account/create', { email: toHex('a@b.org'), ...raw }),
    );
    await read();
    accept(await post(server, '/password/forgot/send_code', { email: toHex('a@b.org') }));
    await read();
    const { status } = await post(server, '/password/forgot/send_code', { email: toHex('a@b.org') });
    const refused = mode === 'on';
    t.equal(status, refused ? 429 : 200);
    const limited = { event: 'rateLimited', uid, limit: 'mailsToAddress', refused, source: '127.0.0.1' };
    t.same(factsOf(await read())[0], limited);
  }
});

t.test(
  'with ENUMERATION_GUARD the log reveals no more about an unknown address than the reply',
  async (t) => {
    const server = await startServer(t, { ENUMERATION_GUARD: 'on' });
    const read = createReader(server);
    const email = toHex(makeEmail());
    for (let i = 0; i < 2; i++) await post(server, '/raw_password/session/create', { email, ...raw });
    accept(await post(server, '/password/forgot/send_code', { email }));
    const [first, second, ...more] = factsOf(await read());
    t.match(first, { event: 'loginFailed', method: 'raw_password', reason: 'incorrectPassword' });
    t.same(second, first, 'a constant uid, like an account');
    t.same(more, [], 'no code was sent');
  },
);

t.test('the log contains no secret and no address', async (t) => {
  const server = await startServer(t);
  const account = await createAccount(server);
  const { sessionToken, keyFetchToken } = await login(server, account);
  const { forgotPasswordToken, code } = await sendRecoveryCode(server, account);
  const { finish, K } = await startAuthentication(server, account);
  const { bundle } = accept(await post(server, '/auth/finish', finish));
  const email = toHex(account.email);
  await post(server, '/raw_password/session/create', { email, ...raw });
  const secrets = [
    ...[account.email, email, sessionToken, keyFetchToken, forgotPasswordToken, code, raw.password],
    ...[finish.srpToken, finish.M, finish.A, openTokens(K, 'auth/finish', bundle)[0]],
    ...[deriveToken('sessionToken', sessionToken).id, Buffer.from(raw.password).toString('hex')],
  ];
  const log = server.logLines.join('').toLowerCase();
  t.match(log, '"event":"loginfailed"');
  for (const secret of secrets) t.notOk(log.includes(secret.toLowerCase()), secret);
});

t.test('every logged event is documented with its fields', async (t) => {
  const documented = readFileSync('docs/logs.md', 'utf8');
  for (const [event, fields] of seen) {
    t.ok(documented.includes(`\`${event}\``), String(event));
    for (const field of fields) t.ok(documented.includes(`\`${field}\``), `${field} of ${event}`);
  }
});
