import { randomBytes } from 'node:crypto';
import t from 'tap';
import { accept, createAccount, makeEmail, startAuthentication, toHex } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { type Reply, send } from '../../support/api/send.js';
import { makeDataDir, startServer, type TestServer } from '../../support/api/start-server.js';

const DATA_DIR = await makeDataDir(t);
const server = await startServer(t, { DATA_DIR, ENUMERATION_GUARD: 'on' });
const account = await createAccount(server);
const addresses = { known: account.email, unknown: makeEmail() };

const start = async (email: string, at: TestServer = server) =>
  accept(await send(at, '/v1/auth/start', { body: { email: toHex(email) } }));

function shapeOf({ status, body }: Reply) {
  const lengths = Object.entries(body).map(([name, value]) => [name, JSON.stringify(value).length]);
  return { status, ...Object.fromEntries(lengths) };
}

t.test('auth/start gives an unknown address constant salts, also after a restart', async (t) => {
  const first = await start(addresses.unknown);
  const again = await start(addresses.unknown.toUpperCase());
  const other = await start(makeEmail());
  t.equal(again.srp.salt, first.srp.salt);
  t.equal(again.passwordStretching.salt, first.passwordStretching.salt);
  t.not(again.srp.B, first.srp.B);
  t.not(other.srp.salt, first.srp.salt);
  t.not(first.srp.salt, first.passwordStretching.salt);
  const elsewhere = await startServer(t, { DATA_DIR, ENUMERATION_GUARD: 'on' });
  t.equal((await start(addresses.unknown, elsewhere)).srp.salt, first.srp.salt);
  const known = await start(addresses.known.toUpperCase());
  t.equal(
    known.srp.salt,
    (await start(addresses.known)).srp.salt,
    'a known address is not revealed by its case',
  );
});

const QUESTIONS: Record<string, (email: string) => Promise<Reply[]>> = {
  'auth/start': async (email) => [await send(server, '/v1/auth/start', { body: { email: toHex(email) } })],
  'auth/finish': async (email) => {
    const { finish } = await startAuthentication(server, { email, srpPW: randomBytes(32) });
    return [
      await send(server, '/v1/auth/finish', { body: finish }),
      await send(server, '/v1/auth/finish', { body: finish }),
    ];
  },
  'raw_password/session/create': async (email) => {
    const body = { email: toHex(email), password: 'password' };
    return [await send(server, '/v1/raw_password/session/create', { body })];
  },
  'raw_password/password/change': async (email) => {
    const body = { email: toHex(email), oldPassword: 'password', newPassword: 'new' };
    return [await send(server, '/v1/raw_password/password/change', { body })];
  },
  'password/forgot': async (email) => {
    const body = { email: toHex(email) };
    const sent = await send(server, '/v1/password/forgot/send_code', { body });
    const signer = { type: 'forgotPasswordToken', token: accept(sent).forgotPasswordToken } as const;
    const replies = [sent];
    for (let i = 0; i < 4; i++) {
      replies.push(await send(server, '/v1/password/forgot/resend_code', { signer, body }));
      // The probability that one of these is right is 1 in 33 million.
      replies.push(
        await send(server, '/v1/password/forgot/verify_code', { signer, body: { code: `1234567${i}` } }),
      );
    }
    return replies;
  },
};

for (const [question, ask] of Object.entries(QUESTIONS)) {
  t.test(`${question} gets the same reply with and without an account`, async (t) => {
    const known = await ask(addresses.known);
    const unknown = await ask(addresses.unknown);
    t.same(unknown.map(shapeOf), known.map(shapeOf));
  });
}

t.test('an address without an account gets no mail', async (t) => {
  const mails = await server.mailbox.listAll();
  t.ok(mails.length > 0);
  for (const { to } of mails) t.match(to, { value: [{ address: addresses.known }] });
});

t.test('only a taken address and a correct password are revealed', async (t) => {
  const body = { email: toHex(addresses.known), password: 'password' };
  checkRefusal(t, await send(server, '/v1/raw_password/account/create', { body }), 400, 101);
  const { finish } = await startAuthentication(server, account);
  t.equal((await send(server, '/v1/auth/finish', { body: finish })).status, 200);
});
