import t from 'tap';
import { runAdmin, runAdminOnTerminal, runAdminProcess } from '../../support/admin/run-admin.js';
import {
  accept,
  authenticate,
  createAccount,
  login,
  makeEmail,
  sendRecoveryCode,
  startAuthentication,
  toHex,
} from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';

const post = (server: TestServer, path: string, body: object) => send(server, `/v1${path}`, { body });
const status = (server: TestServer, token: string) =>
  send(server, '/v1/recovery_email/status', { method: 'GET', signer: { type: 'sessionToken', token } });

t.test('an account is shown by address and by uid, without secrets, while a server runs', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const account = await createAccount(server, { verified: false });
  await login(server, account, { name: 'Zoë’s \u202ephone', type: 'phone' });
  const byUid = await runAdmin(env, 'account', 'show', account.uid.toUpperCase(), '--json');
  t.equal(byUid.code, 0);
  t.match(byUid.json, {
    uid: account.uid,
    email: account.email,
    verifiedAt: null,
    lockedAt: null,
    createdAt: /^\d{4}-/,
    sessions: 1,
  });
  const byAddress = await runAdmin(env, 'account', 'show', account.email.toUpperCase());
  t.match(byAddress.stdout, new RegExp(`uid +${account.uid}\n`));
  t.match(byAddress.stdout, /verified +no\n/);

  const sessions = await runAdmin(env, 'account', 'sessions', account.uid);
  t.match(sessions.stdout, /phone .* Zoë’s \?phone/, 'control characters do not reach the terminal');
  t.same((await runAdmin(env, 'account', 'sessions', account.uid, '--json')).json.uid, account.uid);

  const stored = await server.services.storage.accounts.findByUid(account.uid);
  const secrets = [
    stored?.verifyCode,
    ...[stored?.kA, stored?.wrapKb, stored?.verifier].map((key) => Buffer.from(key ?? []).toString('hex')),
  ];
  for (const secret of secrets) {
    t.ok(secret);
    for (const { stdout } of [byUid, byAddress, sessions]) t.notOk(stdout.includes(secret as string));
  }
});

t.test('a running server sees an account that was verified by command', async (t) => {
  const server = await startServer(t);
  const account = await createAccount(server, { verified: false });
  const { sessionToken } = await login(server, account);
  const verify = () => runAdmin({ DATA_DIR: server.dataDir }, 'account', 'verify', account.email, '--json');
  t.same((await verify()).json, { uid: account.uid, changed: true });
  t.equal(accept(await status(server, sessionToken)).verified, true);
  t.same((await verify()).json, { uid: account.uid, changed: false });
});

t.test(
  'a locked account has no sessions, accepts no password and gets no codes until it is unlocked',
  async (t) => {
    const server = await startServer(t);
    const env = { DATA_DIR: server.dataDir };
    const account = await createAccount(server);
    const { sessionToken } = await login(server, account);
    const authToken = await authenticate(server, account);
    const recovery = await sendRecoveryCode(server, account);
    const raw = { email: toHex(makeEmail()), password: 'correct horse' };
    const { uid: rawUid } = accept(await post(server, '/raw_password/account/create', raw));

    for (const uid of [account.uid, rawUid]) {
      const locked = await runAdmin(env, 'account', 'lock', uid, '--yes', '--json');
      t.same([locked.code, locked.json], [0, { uid, changed: true }]);
    }
    t.equal((await status(server, sessionToken)).body.errno, 110, 'its session has ended');
    const early = await send(server, '/v1/session/create', {
      signer: { type: 'authToken', token: authToken },
    });
    t.equal(early.body.errno, 110, 'earlier tokens have ended');
    const code = { code: recovery.code };
    const signer = { type: 'forgotPasswordToken', token: recovery.forgotPasswordToken } as const;
    t.equal((await send(server, '/v1/password/forgot/verify_code', { body: code, signer })).body.errno, 110);

    const { finish } = await startAuthentication(server, account);
    t.equal((await post(server, '/auth/finish', finish)).body.errno, 103, 'no SRP proof is correct');
    t.equal(
      (await post(server, '/raw_password/session/create', raw)).body.errno,
      103,
      'no raw password is correct',
    );
    const change = { email: raw.email, oldPassword: raw.password, newPassword: 'another' };
    t.equal((await post(server, '/raw_password/password/change', change)).body.errno, 103);
    const taken = await post(server, '/raw_password/account/create', raw);
    t.equal(taken.body.errno, 101, 'its address is taken');

    const mails = (await server.mailbox.list(account.uid)).length;
    accept(await post(server, '/password/forgot/send_code', { email: toHex(account.email) }));
    t.equal(
      (await server.mailbox.list(account.uid)).length,
      mails,
      'a request for a code gets a reply but no mail',
    );
    t.match((await runAdmin(env, 'account', 'show', account.uid)).stdout, /locked +\d{4}-/);

    for (const uid of [account.uid, rawUid]) {
      t.same((await runAdmin(env, 'account', 'unlock', uid, '--json')).json, { uid, changed: true });
    }
    t.same((await runAdmin(env, 'account', 'unlock', rawUid, '--json')).json, {
      uid: rawUid,
      changed: false,
    });
    await login(server, account);
    accept(await post(server, '/raw_password/session/create', raw));
    accept(await post(server, '/password/forgot/send_code', { email: toHex(account.email) }));
    t.equal((await server.mailbox.list(account.uid)).length, mails + 1);
  },
);

t.test('with ENUMERATION_GUARD a locked account looks like any other', async (t) => {
  const server = await startServer(t, { ENUMERATION_GUARD: 'on' });
  const account = await createAccount(server);
  await runAdmin({ DATA_DIR: server.dataDir }, 'account', 'lock', account.uid, '--yes');
  const unknown = { email: makeEmail(), srpPW: account.srpPW };
  for (const { email, srpPW } of [account, unknown]) {
    const { finish } = await startAuthentication(server, { email, srpPW });
    t.equal((await post(server, '/auth/finish', finish)).body.errno, 103);
    const sent = accept(await post(server, '/password/forgot/send_code', { email: toHex(email) }));
    const signer = { type: 'forgotPasswordToken', token: sent.forgotPasswordToken } as const;
    const wrong = { body: { code: '00000000' }, signer };
    t.equal((await send(server, '/v1/password/forgot/verify_code', wrong)).body.errno, 105);
  }
});

t.test('a running server sees a destroyed account, and its address is free', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const account = await createAccount(server);
  const { sessionToken } = await login(server, account);
  const done = await runAdmin(env, 'account', 'destroy', account.email, '--yes');
  t.same([done.code, done.stdout], [0, `${account.uid} is destroyed.\n`]);
  t.equal((await status(server, sessionToken)).body.errno, 110);
  t.equal((await post(server, '/auth/start', { email: toHex(account.email) })).body.errno, 102);
  await createAccount(server, { email: account.email });
  const gone = await runAdmin(env, 'account', 'show', account.uid, '--json');
  t.equal(gone.code, 1);
  t.same(gone.json, { error: `no account has the uid ${account.uid}` });
});

t.test('irreversible commands ask on a terminal and need --yes elsewhere', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const { uid, email } = await createAccount(server);
  const isThere = async () => (await server.services.storage.accounts.findByUid(uid)) !== undefined;
  for (const command of ['lock', 'destroy']) {
    const refused = await runAdmin(env, 'account', command, uid);
    t.equal(refused.code, 1);
    t.match(refused.stderr, 'Nothing was done: use --yes to confirm.');
  }
  const no = await runAdminOnTerminal(env, 'no', 'account', 'destroy', uid);
  t.equal(no.code, 1);
  t.match(no.stdout, `Destroy ${email} (${uid}) and its keys?`);
  t.match(no.stdout, 'Nothing was done.');
  t.ok(await isThere());
  const yes = await runAdminOnTerminal(env, 'yes', 'account', 'destroy', uid);
  t.equal(yes.code, 0);
  t.notOk(await isThere());
});

t.test('a DATA_DIR that is not the server’s is not changed', async (t) => {
  const nowhere = `${t.testdir({})}/nowhere`;
  const ran = await runAdmin({ DATA_DIR: nowhere }, 'account', 'show', 'me@example.com');
  t.equal(ran.code, 1);
  t.match(ran.stderr, `there is no database ${nowhere}/key-server.sqlite`);
  const empty = t.testdir({ 'key-server.sqlite': '' });
  const keyless = await runAdmin({ DATA_DIR: empty }, 'keys', 'list');
  t.equal(keyless.code, 1);
  t.match(keyless.stderr, 'has a database but no storage.key');
});

t.test('invalid arguments exit with 2, help with 0', async (t) => {
  t.equal((await runAdminProcess({}, 'frobnicate')).code, 2);
  for (const args of [['frobnicate'], ['account'], ['account', 'show'], ['account', 'show', 'a', '--frob']]) {
    const { code, stderr } = await runAdmin({}, ...args);
    t.equal(code, 2, args.join(' '));
    t.not(stderr, '');
  }
  for (const args of [
    ['--help'],
    ['account', '--help'],
    ['account', 'lock', '--help'],
    ['doctor', '--help'],
  ]) {
    const { code, stdout } = await runAdmin({}, ...args);
    t.equal(code, 0, args.join(' '));
    t.match(stdout, /^Usage: /);
  }
  const wrong = await runAdminProcess({ PORT: 'x' }, 'keys', 'list', '--json');
  t.equal(wrong.code, 1);
  t.match(wrong.json, { error: 'PORT: must be an integer from 0 to 65535' });
});
