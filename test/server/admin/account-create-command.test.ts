import t from 'tap';
import { runAdmin, runAdminAnswering, runAdminWithInput } from '../../support/admin/run-admin.js';
import { makeEmail, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const PASSWORD = 'correct horse Zoë';

t.test('an account is created on a closed server; the password is typed twice and never shown', async (t) => {
  const server = await startServer(t, { REGISTRATION: 'closed' });
  const email = makeEmail();
  const env = { DATA_DIR: server.dataDir, REGISTRATION: 'closed' };
  const answers = ['Password for', 'Again: '].map((prompt) => ({ prompt, line: PASSWORD }));
  const ran = await runAdminAnswering(env, answers, 'account', 'create', email, '--language', 'de');
  t.equal(ran.code, 0, ran.stdout);
  t.notMatch(ran.stdout, /correct horse/);

  const login = () =>
    send(server, '/v1/raw_password/session/create', { body: { email: toHex(email), password: PASSWORD } });
  t.match(await login(), { status: 200, body: { verified: false } });
  // The server finds the mail when it next polls the outbox.
  server.services.mailer.wake();
  const uid = (await server.services.storage.accounts.findByEmail(email))?.uid as string;
  const code = await server.mailbox.readCode('x-verify-code', uid);
  t.equal((await send(server, '/v1/recovery_email/verify_code', { body: { uid, code } })).status, 200);
  t.match(await login(), { status: 200, body: { verified: true } });
});

t.test('a script passes the password on standard input', async (t) => {
  const server = await startServer(t);
  const email = makeEmail();
  const env = { DATA_DIR: server.dataDir };
  const ran = await runAdminWithInput(env, `${PASSWORD}\n`, 'account', 'create', email, '--json');
  t.match(ran, { code: 0, json: { changed: true } });
  t.equal((await server.services.storage.accounts.findByEmail(email))?.uid, ran.json.uid);
  t.notMatch(ran.stdout + ran.stderr, /correct horse/);
});

t.test(
  'no account is created without a password, with different passwords, or for a taken address',
  async (t) => {
    const server = await startServer(t);
    const env = { DATA_DIR: server.dataDir };
    const email = makeEmail();
    const refused: [Promise<{ code: number | null; stdout: string; stderr: string }>, RegExp][] = [
      [runAdmin(env, 'account', 'create', email), /No password/],
      [runAdminWithInput(env, '\n', 'account', 'create', email), /1 to 1024 bytes/],
      [runAdminWithInput(env, 'x\n', 'account', 'create', 'no address'), /no address is not a mail address/],
      [
        runAdminAnswering(
          env,
          [
            { prompt: 'Password for', line: 'one' },
            { prompt: 'Again: ', line: 'two' },
          ],
          'account',
          'create',
          email,
        ),
        /differ/,
      ],
    ];
    for (const [running, message] of refused) {
      const { code, stdout, stderr } = await running;
      t.equal(code, 1);
      t.match(stdout + stderr, message);
    }
    t.notOk(await server.services.storage.accounts.exists(email));
    t.equal((await runAdminWithInput(env, 'x\n', 'account', 'create', email)).code, 0);
    const again = await runAdminWithInput(env, 'x\n', 'account', 'create', email.toUpperCase());
    t.match(again, { code: 1, stderr: /has an account/ });
  },
);
