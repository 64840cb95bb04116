import t from 'tap';
import { createAccount, makeEmail, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

t.test('without ENUMERATION_GUARD replies reveal whether an address has an account', async (t) => {
  const server = await startServer(t, { STRETCH_THREADS: '1' });
  const email = toHex(makeEmail());
  const requests = {
    '/v1/auth/start': { email },
    '/v1/raw_password/session/create': { email, password: 'any' },
    '/v1/raw_password/password/change': { email, oldPassword: 'any', newPassword: 'another' },
    '/v1/password/forgot/send_code': { email },
  };
  for (const [path, body] of Object.entries(requests)) {
    t.match(await send(server, path, { body }), { status: 400, body: { errno: 102 } }, path);
  }
  const account = await createAccount(server);
  const capitals = { email: toHex(account.email.toUpperCase()) };
  t.match(await send(server, '/v1/auth/start', { body: capitals }), {
    status: 200,
    body: { email: toHex(account.email) },
  });
});
