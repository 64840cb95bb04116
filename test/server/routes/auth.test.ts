import { randomBytes, randomUUID } from 'node:crypto';
import t from 'tap';
import {
  accept,
  authenticate,
  createAccount,
  makeEmail,
  startAuthentication,
  toHex,
} from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { N, pad } from '../../support/api/protocol-math.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t);
const account = await createAccount(server);
const email = toHex(account.email);

t.test('a wrong proof consumes the srpToken: each auth/start allows one guess', async (t) => {
  const { finish } = await startAuthentication(server, account);
  const guess = { ...finish, M: randomBytes(32).toString('hex') };
  checkRefusal(t, await send(server, '/v1/auth/finish', { body: guess }), 400, 103);
  t.comment('the correct proof is too late');
  checkRefusal(t, await send(server, '/v1/auth/finish', { body: finish }), 401, 110);
});

t.test('a proof of another password is errno 103', async (t) => {
  const { finish } = await startAuthentication(server, { ...account, srpPW: randomBytes(32) });
  checkRefusal(t, await send(server, '/v1/auth/finish', { body: finish }), 400, 103);
});

t.test('A = 0 mod N, which would prove any password, is refused and consumes the srpToken', async (t) => {
  for (const A of [0n, N]) {
    const { finish } = await startAuthentication(server, account);
    const body = { ...finish, A: pad(A).toString('hex') };
    checkRefusal(t, await send(server, '/v1/auth/finish', { body }), 400, 107, { param: 'A' });
    checkRefusal(t, await send(server, '/v1/auth/finish', { body: finish }), 401, 110);
  }
});

t.test('an srpToken is valid for one minute and one use', async (t) => {
  const { finish } = await startAuthentication(server, account);
  const { finish: late } = await startAuthentication(server, account);
  server.clock.advance(58);
  t.equal((await send(server, '/v1/auth/finish', { body: finish })).status, 200);
  checkRefusal(t, await send(server, '/v1/auth/finish', { body: finish }), 401, 110);
  server.clock.advance(3);
  checkRefusal(t, await send(server, '/v1/auth/finish', { body: late }), 401, 110);
});

t.test('an unknown srpToken is errno 110', async (t) => {
  const { finish } = await startAuthentication(server, account);
  const body = { ...finish, srpToken: randomUUID() };
  checkRefusal(t, await send(server, '/v1/auth/finish', { body }), 401, 110);
  const upper = { ...finish, srpToken: finish.srpToken.toUpperCase() };
  t.equal((await send(server, '/v1/auth/finish', { body: upper })).status, 200, 'in any case');
});

t.test('a proof is invalid in another exchange', async (t) => {
  const { finish: one } = await startAuthentication(server, account);
  const { finish: other } = await startAuthentication(server, account);
  const body = { ...one, srpToken: other.srpToken };
  checkRefusal(t, await send(server, '/v1/auth/finish', { body }), 400, 103);
});

t.test('every exchange has a new B of 256 bytes', async (t) => {
  const replies = await Promise.all(
    Array.from({ length: 8 }, () => send(server, '/v1/auth/start', { body: { email } })),
  );
  const challenges = replies.map((reply) => accept(reply).srp.B);
  t.equal(new Set(challenges).size, 8);
  for (const B of challenges) t.match(B, /^[0-9a-f]{512}$/);
});

t.test('an unknown address is errno 102 at every endpoint', async (t) => {
  const unknown = toHex(makeEmail());
  for (const [path, body] of [
    ['/v1/auth/start', {}],
    ['/v1/raw_password/session/create', { password: 'x' }],
    ['/v1/raw_password/password/change', { oldPassword: 'x', newPassword: 'y' }],
    ['/v1/password/forgot/send_code', {}],
  ] as const) {
    checkRefusal(t, await send(server, path, { body: { email: unknown, ...body } }), 400, 102);
  }
  const body = { uid: randomUUID(), code: 'ab'.repeat(32) };
  checkRefusal(t, await send(server, '/v1/recovery_email/verify_code', { body }), 400, 102);
});

t.test('raw_password finds an account in any case and stretches with the stored address', async (t) => {
  const email = 'Raw.User@Example.org';
  const body = { email: toHex(email), password: 'password' };
  accept(await send(server, '/v1/raw_password/account/create', { body }));
  const lower = { email: toHex(email.toLowerCase()), password: 'password' };
  t.equal((await send(server, '/v1/raw_password/session/create', { body: lower })).status, 200);
  const wrong = { ...lower, password: 'Password' };
  checkRefusal(t, await send(server, '/v1/raw_password/session/create', { body: wrong }), 400, 103);
  const change = { email: lower.email, oldPassword: 'Password', newPassword: 'x' };
  checkRefusal(t, await send(server, '/v1/raw_password/password/change', { body: change }), 400, 103);
});

t.test('an unverified account can log in', async (t) => {
  const fresh = await createAccount(server, { verified: false });
  t.match(await authenticate(server, fresh), /^[0-9a-f]{64}$/);
});
