import t from 'tap';
import { createAccounts, loginBody, PASSWORD, rawLogin } from '../../support/api/raw-logins.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

t.test('an admitted password change is not refused before its second stretch', async (t) => {
  const server = await startServer(t, { STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '1' });
  const { stretcher, inFlight } = server.services;
  const [email = ''] = await createAccounts(server, 1);
  const stretch = stretcher.stretch.bind(stretcher);
  let stretches = 0;
  stretcher.stretch = (request, order) => {
    // From the first stretch on, more requests are in flight than the server admits.
    if (stretches++ === 0) for (let i = 0; i < 1000; i++) inFlight.add(`other ${i}`);
    return stretch(request, order);
  };
  const { email: hex } = loginBody(email);
  const body = { email: hex, oldPassword: PASSWORD, newPassword: 'a new one' };
  t.equal((await send(server, '/v1/raw_password/password/change', { body })).status, 200);
  t.equal(stretches, 2);
  t.equal((await rawLogin(server, email, '192.0.2.1')).status, 503, 'other requests are refused');
});
