import { randomBytes } from 'node:crypto';
import t from 'tap';
import {
  accountBody,
  authenticate,
  createAccount,
  login,
  makeEmail,
  sendRecoveryCode,
  startAuthentication,
} from '../../support/api/accounts.js';
import { obtainToken, prepare, resetBody, SIGNED_ENDPOINTS } from '../../support/api/endpoints.js';
import { type Call, type Reply, send, sign } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { startRedis } from '../../support/services/redis.js';

const AT_ONCE = 50;

for (const store of ['in process', 'in Redis']) {
  t.test(`with tokens ${store}`, async (t) => {
    const server = await startServer(t, store === 'in Redis' ? { REDIS_URL: (await startRedis(t)).url } : {});
    const storm = (path: string, call: Call) =>
      Promise.all(Array.from({ length: AT_ONCE }, () => send(server, path, call)));

    const singleUse = SIGNED_ENDPOINTS.filter(
      ({ type }) => type !== 'sessionToken' && type !== 'forgotPasswordToken',
    );
    for (const endpoint of singleUse.filter(({ path }) => !path.startsWith('/v1/raw_password'))) {
      const { method, path, type } = endpoint;
      t.test(`of ${AT_ONCE} simultaneous ${path} with one ${type}, one is served`, async (t) => {
        const prepared = await prepare(server, endpoint);
        t.same(count(await storm(path, { method, ...prepared })), { 200: 1, 'errno 110': AT_ONCE - 1 });
      });
    }

    t.test('an accountResetToken is consumed by one request, with SRP or raw_password', async (t) => {
      const account = await createAccount(server);
      const { token } = await obtainToken(server, account, 'accountResetToken');
      const signer = { type: 'accountResetToken', token } as const;
      const replies = await Promise.all([
        send(server, '/v1/account/reset', { signer, body: resetBody(token, account.email) }),
        send(server, '/v1/raw_password/password/reset', { signer, body: { newPassword: 'x' } }),
      ]);
      t.same(count(replies), { 200: 1, 'errno 110': 1 });
    });

    t.test(`of ${AT_ONCE} simultaneous auth/finish with one srpToken, one is served`, async (t) => {
      const { finish } = await startAuthentication(server, await createAccount(server));
      t.same(count(await storm('/v1/auth/finish', { body: finish })), { 200: 1, 'errno 110': AT_ONCE - 1 });
    });

    t.test(`of ${AT_ONCE} simultaneous guesses with one srpToken, one is checked`, async (t) => {
      const { finish } = await startAuthentication(server, await createAccount(server));
      const guesses = Array.from({ length: AT_ONCE }, () => {
        const body = { ...finish, M: randomBytes(32).toString('hex') };
        return send(server, '/v1/auth/finish', { body });
      });
      t.same(count(await Promise.all(guesses)), { 'errno 103': 1, 'errno 110': AT_ONCE - 1 });
    });

    t.test(`of ${AT_ONCE} simultaneous correct recovery codes, one gets the accountResetToken`, async (t) => {
      const { forgotPasswordToken: token, code } = await sendRecoveryCode(
        server,
        await createAccount(server),
      );
      const call = { signer: { type: 'forgotPasswordToken', token }, body: { code } } as const;
      const replies = await storm('/v1/password/forgot/verify_code', call);
      t.same(count(replies), { 200: 1, 'errno 110': AT_ONCE - 1 });
    });

    t.test(`of ${AT_ONCE} simultaneous wrong recovery codes, three are checked`, async (t) => {
      const { forgotPasswordToken: token, code } = await sendRecoveryCode(
        server,
        await createAccount(server),
      );
      const signer = { type: 'forgotPasswordToken', token } as const;
      const wrong = { code: String((Number(code) + 1) % 10 ** 8).padStart(8, '0') };
      const replies = await storm('/v1/password/forgot/verify_code', { signer, body: wrong });
      t.same(count(replies), { 'errno 105': 3, 'errno 110': AT_ONCE - 3 });
      const late = await send(server, '/v1/password/forgot/verify_code', { signer, body: { code } });
      t.match(late, { status: 401, body: { errno: 110 } }, 'the correct one is too late');
    });

    t.test(`of ${AT_ONCE} simultaneous copies of a signed request, one is served`, async (t) => {
      const { sessionToken: token } = await login(server, await createAccount(server));
      const path = '/v1/account/devices';
      const Authorization = sign(server, path, { method: 'GET' }, { type: 'sessionToken', token });
      const replies = await storm(path, { method: 'GET', headers: { Authorization } });
      t.same(count(replies), { 200: 1, 'errno 109': AT_ONCE - 1 });
    });
  });
}

t.test('in the database', async (t) => {
  const server = await startServer(t, { MAX_SESSIONS: '5' });

  t.test(`of ${AT_ONCE} simultaneous session/destroy, one ends the session`, async (t) => {
    const { sessionToken: token } = await login(server, await createAccount(server));
    const call = { signer: { type: 'sessionToken', token } } as const;
    const replies = Array.from({ length: AT_ONCE }, () => send(server, '/v1/session/destroy', call));
    t.same(count(await Promise.all(replies)), { 200: 1, 'errno 110': AT_ONCE - 1 });
  });

  t.test('of many simultaneous sign-ups with one address, one succeeds', async (t) => {
    const email = makeEmail();
    const upper = email.toUpperCase();
    const bodies = Array.from({ length: 20 }, (_, i) => accountBody(i % 2 ? email : upper, randomBytes(32)));
    const replies = await Promise.all(bodies.map((body) => send(server, '/v1/account/create', { body })));
    t.same(count(replies), { 200: 1, 'errno 101': 19 });
  });

  t.test('simultaneous logins get no more sessions than allowed', async (t) => {
    const account = await createAccount(server);
    const tokens = await Promise.all(Array.from({ length: 12 }, () => authenticate(server, account)));
    const replies = tokens.map((token) =>
      send(server, '/v1/session/create', { signer: { type: 'authToken', token } }),
    );
    t.same(count(await Promise.all(replies)), { 200: 5, 'errno 115': 7 });
  });
});

function count(replies: Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of replies) {
    const kind = body.errno === undefined ? String(status) : `errno ${body.errno}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
