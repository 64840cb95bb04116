import t from 'tap';
import { STRETCH_ENGINES } from '../../../protocol/stretch-engines.js';
import { authenticate, createAccount, makeEmail, toHex } from '../../support/api/accounts.js';
import { stretch } from '../../support/api/protocol-math.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

/** With a surrogate pair, which CESU-8 encodes differently. */
const PASSWORD = 'pässwörd 🦊';

/** The same on all servers, so that this process stretches for each once. */
const RAW_EMAIL = `ünï-${makeEmail()}`;
const SRP_EMAIL = makeEmail();

for (const engine of STRETCH_ENGINES) {
  t.test(`an account stretched with ${engine} logs in over SRP, and vice versa`, async (t) => {
    const server = await startServer(t, { STRETCH_ENGINE: engine, STRETCH_THREADS: '1' });
    const email = RAW_EMAIL;
    const credentials = { email: toHex(email), password: PASSWORD };
    t.equal((await send(server, '/v1/raw_password/account/create', { body: credentials })).status, 200);
    const { body } = await send(server, '/v1/auth/start', { body: { email: credentials.email } });
    const { srpPW } = stretch(email, PASSWORD, Buffer.from(body.passwordStretching.salt, 'hex'));
    t.match(await authenticate(server, { email, srpPW }), /^[0-9a-f]{64}$/);

    const account = await createAccount(server, { email: SRP_EMAIL, password: PASSWORD });
    const raw = { email: toHex(account.email), password: PASSWORD };
    const session = await send(server, '/v1/raw_password/session/create', { body: raw });
    t.match(session, { status: 200, body: { uid: account.uid } });
  });
}

t.test('passwords of 1 byte, of 1024 bytes, with NUL and with spaces are used unchanged', async (t) => {
  const server = await startServer(t);
  for (const password of ['x', 'é'.repeat(512), 'a\0b', ' password ']) {
    const email = makeEmail();
    const credentials = { email: toHex(email), password };
    t.equal((await send(server, '/v1/raw_password/account/create', { body: credentials })).status, 200);
    const { body } = await send(server, '/v1/auth/start', { body: { email: credentials.email } });
    const { srpPW } = stretch(email, password, Buffer.from(body.passwordStretching.salt, 'hex'));
    t.match(await authenticate(server, { email, srpPW }), /^[0-9a-f]{64}$/, `${password.length} characters`);
  }
});
