import t from 'tap';
import { createAccount, makeEmail, toHex } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { obtainToken } from '../../support/api/endpoints.js';
import { type Reply, send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

function checkBackOff(
  t: Parameters<typeof checkRefusal>[0],
  reply: Reply,
  status: number,
  errno: number,
): void {
  const retryAfter = Number(reply.headers['retry-after']);
  checkRefusal(t, reply, status, errno, { retryAfter });
  t.ok(Number.isInteger(retryAfter) && retryAfter >= 1, `Retry-After: ${retryAfter}`);
}

t.test('a password that would wait too long gets 503, and its token is restored', async (t) => {
  const env = { STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '0.001' };
  const server = await startServer(t, env);
  const account = await createAccount(server);
  const { token } = await obtainToken(server, account, 'accountResetToken');
  const signUp = () =>
    send(server, '/v1/raw_password/account/create', {
      body: { email: toHex(makeEmail()), password: 'password' },
    });
  const first = signUp();
  const busy = Array.from({ length: 6 }, signUp);
  const refused = (await Promise.all(busy)).filter(({ status }) => status !== 200);
  t.ok(refused.length >= 4, `${refused.length} refused`);
  for (const reply of refused) checkBackOff(t, reply, 503, 201);

  const signer = { type: 'accountResetToken', token } as const;
  const reset = () =>
    send(server, '/v1/raw_password/password/reset', { signer, body: { newPassword: 'new' } });
  await first;
  const blocking = signUp();
  const late = await reset();
  if (late.status !== 200) {
    checkBackOff(t, late, 503, 201);
    await blocking;
    t.equal((await reset()).status, 200, 'the same token, later');
  }
  await blocking;
});

t.test('a client above a limit gets 429', async (t) => {
  const server = await startServer(t, { RATE_LIMITS: 'on', LIMIT_REQUESTS_OF_SOURCE: '5/60' });
  for (let i = 0; i < 5; i++) t.equal((await send(server, '/v1/get_random_bytes')).status, 200);
  checkBackOff(t, await send(server, '/v1/get_random_bytes'), 429, 114);
  const large = { body: 'x'.repeat(60_000), headers: { Connection: 'close' } };
  checkBackOff(t, await send(server, '/v1/auth/start', large), 429, 114);
  t.equal(
    (await send(server, '/__lbheartbeat__', { method: 'GET' })).status,
    200,
    'health checks are not limited',
  );
});
