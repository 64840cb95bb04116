import { userInfo } from 'node:os';
import t from 'tap';
import { runAdmin } from '../../support/admin/run-admin.js';
import { createAccount, login } from '../../support/api/accounts.js';
import { startServer } from '../../support/api/start-server.js';

t.test('each act is in the audit table and in the log', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const { uid } = await createAccount(server, { verified: false });
  const commands = [
    ['account', 'verify', uid],
    ['account', 'lock', uid, '--yes'],
    ['account', 'unlock', uid],
    ['account', 'export', uid],
    ['account', 'destroy', uid, '--yes'],
    ['keys', 'rotate', '--yes'],
    ['keys', 'withdraw', 'RS-1', '--yes'],
    ['storage', 'reencrypt'],
  ];
  const lines: Record<string, unknown>[] = [];
  for (const command of commands) {
    const { code, stderr } = await runAdmin(env, ...command);
    t.equal(code, 0, `${command.join(' ')}: ${stderr}`);
    lines.push(JSON.parse(stderr));
  }
  const actor = userInfo().username;
  const expected = [
    { event: 'accountVerified', uid },
    { event: 'accountLocked', uid },
    { event: 'accountUnlocked', uid },
    { event: 'accountExported', uid },
    { event: 'accountDestroyed', uid },
    { event: 'signingKeyRotated', key: 'RS-2' },
    { event: 'signingKeyWithdrawn', key: 'RS-1' },
    { event: 'storageReencrypted' },
  ].map((act) => ({ ...act, actor }));
  t.match(lines, expected);
  for (const line of lines) t.match(line, { level: 'info', security: true, time: /^\d{4}-.*Z$/ });

  const { json } = await runAdmin(env, 'audit', '--json');
  const acts = json.acts as Record<string, unknown>[];
  t.match(acts, expected.toReversed());
  const page = await runAdmin(env, 'audit', '--limit', '2');
  t.match(page.stdout, /storageReencrypted[\s\S]*signingKeyWithdrawn/);
  t.match(page.stdout, new RegExp(`More: --after ${acts[1]?.id}`));
  const next = await runAdmin(env, 'audit', '--limit', '1', '--after', String(acts[1]?.id), '--json');
  t.match(next.json.acts, [{ event: 'signingKeyRotated' }]);
});

t.test('a command that changes nothing leaves no audit entry', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const { uid } = await createAccount(server);
  for (const command of ['verify', 'unlock', 'show', 'sessions'])
    t.equal((await runAdmin(env, 'account', command, uid)).stderr, '', command);
  t.same((await runAdmin(env, 'audit', '--json')).json, { acts: [], next: null });
});

t.test('under sudo the audit names the user who called it', async (t) => {
  const server = await startServer(t);
  const { uid } = await createAccount(server, { verified: false });
  const env = { DATA_DIR: server.dataDir, SUDO_USER: 'alice' };
  const { stderr } = await runAdmin(env, 'account', 'verify', uid);
  t.equal(JSON.parse(stderr).actor, `alice as ${userInfo().username}`);
});

t.test('an export has all stored data of a person and no secret', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const account = await createAccount(server, { verified: false });
  const { uid, email } = account;
  await login(server, account, { name: 'My phone', type: 'phone' });
  const { json, stdout } = await runAdmin(env, 'account', 'export', email);
  t.match(json, {
    account: { uid, email, verifiedAt: null },
    sessions: [{ name: 'My phone', type: 'phone' }],
    waitingMails: Array,
    acts: [],
  });
  const stored = await server.services.storage.accounts.findByUid(uid);
  const secrets = [stored?.kA, stored?.wrapKb, stored?.verifier, stored?.srpSalt, stored?.stretchingSalt];
  for (const secret of [
    stored?.verifyCode,
    ...secrets.map((bytes) => Buffer.from(bytes ?? []).toString('hex')),
  ])
    t.notOk(stdout.includes(secret as string));
  t.match((await runAdmin(env, 'account', 'export', email)).json.acts, [{ event: 'accountExported' }]);
});
