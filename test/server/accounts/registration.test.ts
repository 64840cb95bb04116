import t, { type Test } from 'tap';
import { accountBody, createAccount, makeEmail, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';

const REFUSED = { code: 403, errno: 999, message: 'Registration is not open to this address' };

const APIS = {
  SRP: (server: TestServer, email: string) =>
    send(server, '/v1/account/create', { body: accountBody(email, Buffer.alloc(32, 1)) }),
  raw_password: (server: TestServer, email: string) =>
    send(server, '/v1/raw_password/account/create', { body: { email: toHex(email), password: 'secret' } }),
};

async function assertRefused(t: Test, server: TestServer, email: string): Promise<void> {
  for (const [api, create] of Object.entries(APIS)) {
    const { status, body } = await create(server, email);
    t.match({ status, body }, { status: 403, body: REFUSED }, `${api}: ${email}`);
  }
  t.notOk(await server.services.storage.accounts.exists(email), email);
}

t.test('a closed server creates no account on either API', async (t) => {
  await assertRefused(t, await startServer(t, { REGISTRATION: 'closed' }), makeEmail());
});

t.test('a server with domains creates accounts only there, in any case', async (t) => {
  const server = await startServer(t, { REGISTRATION: 'example.org, exämple.com' });
  for (const create of Object.values(APIS)) {
    t.equal((await create(server, makeEmail())).status, 200);
    t.equal((await create(server, makeEmail().toUpperCase())).status, 200);
    t.equal((await create(server, `${makeEmail()}`.replace('@example.org', '@EXÄMPLE.com'))).status, 200);
  }
  const others = ['sub.example.org', 'example.org.evil.net', 'notexample.org', 'example.org ', 'org'];
  const cutByUrlParsers = [
    'example.org/evil.net',
    'example.org#.evil.net',
    '%65xample.org',
    'exam\u00adple.org',
  ];
  for (const domain of [...others, ...cutByUrlParsers]) {
    await assertRefused(t, server, makeEmail().replace(/@.*/, `@${domain}`));
  }
});

t.test('with the guard a refusal does not depend on accounts', async (t) => {
  const open = await startServer(t);
  const { email } = await createAccount(open);
  await open.close();
  const env = { DATA_DIR: open.dataDir, REGISTRATION: 'closed', ENUMERATION_GUARD: 'on' };
  const server = await startServer(t, env);
  for (const create of Object.values(APIS)) {
    const [taken, free] = [await create(server, email), await create(server, makeEmail())];
    t.match(taken, { status: 403, body: REFUSED });
    t.same(taken.body, free.body);
  }
});
