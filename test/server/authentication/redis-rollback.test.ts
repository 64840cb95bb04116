import { randomBytes } from 'node:crypto';
import t from 'tap';
import {
  accept,
  authenticate,
  createAccount,
  sendRecoveryCode,
  startPasswordChange,
} from '../../support/api/accounts.js';
import { resetBody } from '../../support/api/endpoints.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { askRedis, startRedis } from '../../support/services/redis.js';

const redis = await startRedis(t, { args: ['--enable-debug-command', 'yes'] });
const server = await startServer(t, { REDIS_URL: redis.url });

/** As after a failover to a replica that lags. */
const saveRedis = () => askRedis(redis, ['SAVE']);
const rollBackRedis = () => askRedis(redis, ['DEBUG', 'RELOAD', 'NOSAVE']);

t.test('a rollback of Redis does not revive an accountResetToken of an earlier password', async (t) => {
  const account = await createAccount(server);
  const { accountResetToken: token } = await startPasswordChange(server, account);
  const reset = (srpPW: Buffer<ArrayBuffer>) =>
    send(server, '/v1/account/reset', {
      signer: { type: 'accountResetToken', token: token as string },
      body: resetBody(token as string, account.email, srpPW),
    });
  await saveRedis();
  const newPassword = randomBytes(32);
  accept(await reset(newPassword));
  await rollBackRedis();
  t.match(await reset(randomBytes(32)), { status: 401, body: { errno: 110 } });
  t.ok(await authenticate(server, { ...account, srpPW: newPassword }), 'the new password is still set');
});

t.test('a rollback of Redis does not revive a recovery code of an earlier password', async (t) => {
  const account = await createAccount(server);
  const { forgotPasswordToken: token, code } = await sendRecoveryCode(server, account);
  const verify = () =>
    send(server, '/v1/password/forgot/verify_code', {
      signer: { type: 'forgotPasswordToken', token },
      body: { code },
    });
  await saveRedis();
  const { accountResetToken } = accept(await verify());
  const body = resetBody(accountResetToken, account.email, randomBytes(32));
  const signer = { type: 'accountResetToken', token: accountResetToken } as const;
  accept(await send(server, '/v1/account/reset', { signer, body }));
  await rollBackRedis();
  t.match(await verify(), { status: 401, body: { errno: 110 } });
});

t.test('a rollback of Redis revives a used authToken, as SECURITY.md says', async (t) => {
  const account = await createAccount(server);
  const token = await authenticate(server, account);
  const create = () => send(server, '/v1/session/create', { signer: { type: 'authToken', token } });
  await saveRedis();
  accept(await create());
  t.match(await create(), { status: 401, body: { errno: 110 } });
  await rollBackRedis();
  t.equal((await create()).status, 200);
});
