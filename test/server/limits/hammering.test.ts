import t from 'tap';
import { makeEmail, toHex } from '../../support/api/accounts.js';
import { type Reply, send } from '../../support/api/send.js';
import type { TestServer } from '../../support/api/start-server.js';
import { assertTooMany, startLimitedServer } from '../../support/limits/limited-server.js';

t.test('an owner can log in while another address guesses passwords', async (t) => {
  const server = await startLimitedServer(t, { passwordsForAccountFromSource: '4/900' }, { TRUST_PROXY: '' });
  const email = makeEmail();
  const password = 'the right one';
  t.equal((await rawPassword(server, 'account/create', { email, password }, '127.0.0.1')).status, 200);
  const attack = Array.from({ length: 8 }, (_, i) =>
    rawPassword(server, 'session/create', { email, password: `wrong ${i}` }, '127.0.0.2'),
  );
  const owner = await rawPassword(server, 'session/create', { email, password }, '127.0.0.3');
  t.equal(owner.status, 200);
  const attackers = await Promise.all(attack);
  t.same([...new Set(attackers.map(({ body }) => body.errno))].sort(), [103, 114]);
  const late = await rawPassword(server, 'session/create', { email, password }, '127.0.0.2');
  assertTooMany(t, server, late, 'passwordsForAccountFromSource');
  t.equal((await rawPassword(server, 'session/create', { email, password }, '127.0.0.3')).status, 200);
});

function rawPassword(
  server: TestServer,
  endpoint: string,
  { email, password }: { email: string; password: string },
  from: string,
): Promise<Reply> {
  return send(server, `/v1/raw_password/${endpoint}`, { body: { email: toHex(email), password }, from });
}
