import t from 'tap';
import type { Account } from '../../../storage/account-rows.js';
import {
  accept,
  createAccount,
  login,
  sendRecoveryCode,
  startAuthentication,
  type TestAccount,
  toHex,
} from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import {
  makeBody,
  obtainToken,
  resetBody,
  SIGNED_ENDPOINTS,
  type SignedEndpoint,
} from '../../support/api/endpoints.js';
import { type Reply, send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { startRedis } from '../../support/services/redis.js';

/** docs/protocol.md, "Tokens". */
const LIFE_MINUTES = {
  authToken: 10,
  keyFetchToken: 10,
  accountResetToken: 15,
  forgotPasswordToken: 15,
} as const;

const server = await startServer(t);

for (const [type, minutes] of Object.entries(LIFE_MINUTES)) {
  const endpoint = SIGNED_ENDPOINTS.find((candidate) => candidate.type === type) as SignedEndpoint;
  t.test(
    `${type === 'authToken' || type === 'accountResetToken' ? 'an' : 'a'} ${type} expires after ${minutes} minutes`,
    async (t) => {
      const young = await prepareRequest(server, await createAccount(server), endpoint);
      const old = await prepareRequest(server, await createAccount(server), endpoint);
      server.clock.advance(minutes * 60 - 5);
      t.equal((await young()).status, 200);
      server.clock.advance(6);
      checkRefusal(t, await old(), 401, 110);
    },
  );
}

t.test('a sessionToken is valid until it is destroyed', async (t) => {
  const { sessionToken: token } = await login(server, await createAccount(server));
  server.clock.advance(365 * 86_400);
  const signer = { type: 'sessionToken', token } as const;
  t.equal((await send(server, '/v1/account/devices', { method: 'GET', signer })).status, 200);
  t.equal((await send(server, '/v1/session/destroy', { signer })).status, 200);
  checkRefusal(t, await send(server, '/v1/account/devices', { method: 'GET', signer }), 401, 110);
});

t.test(
  'a token that the store kept too long is invalid, with errno 102 if its account is gone',
  async (t) => {
    const { accounts } = server.services.storage;
    for (const endpoint of SIGNED_ENDPOINTS.filter(({ type }) => type !== 'sessionToken')) {
      for (const errno of [102, 110]) {
        const account = await createAccount(server);
        const request = await prepareRequest(server, account, endpoint);
        const stored = (await accounts.findByUid(account.uid)) as Account;
        const { uid, generation } = stored;
        const isChanged =
          errno === 102
            ? await accounts.destroy(uid, generation)
            : await accounts.setPassword(uid, generation, stored, server.clock.now());
        t.ok(isChanged);
        checkRefusal(t, await request(), errno === 102 ? 400 : 401, errno);
      }
    }
  },
);

const RAW_CHANGE = 'raw_password/password/change';
const PASSWORD = 'password';

const PASSWORD_FLOWS: Record<
  string,
  (server: TestServer, account: TestAccount) => Promise<() => Promise<Reply>>
> = {
  'account/reset after password/change/start': async (server, account) => {
    const { token } = await obtainToken(server, account, 'accountResetToken');
    const signer = { type: 'accountResetToken', token } as const;
    return () => send(server, '/v1/account/reset', { signer, body: resetBody(token, account.email) });
  },
  'account/reset after password/forgot/verify_code': async (server, account) => {
    const token = await recover(server, account);
    const signer = { type: 'accountResetToken', token } as const;
    return () => send(server, '/v1/account/reset', { signer, body: resetBody(token, account.email) });
  },
  'raw_password/password/reset': async (server, account) => {
    const token = await recover(server, account);
    const signer = { type: 'accountResetToken', token } as const;
    return () => send(server, '/v1/raw_password/password/reset', { signer, body: { newPassword: 'new' } });
  },
  [RAW_CHANGE]: async (server, { email }) => {
    const body = { email: toHex(email), oldPassword: PASSWORD, newPassword: 'new' };
    return () => send(server, '/v1/raw_password/password/change', { body });
  },
};

const ONE_OF_EACH_TYPE = SIGNED_ENDPOINTS.filter(
  ({ type }, i) => SIGNED_ENDPOINTS.findIndex((endpoint) => endpoint.type === type) === i,
);

for (const store of ['in process', 'in Redis']) {
  t.test(`with tokens ${store}`, async (t) => {
    const server = await startServer(t, store === 'in Redis' ? { REDIS_URL: (await startRedis(t)).url } : {});
    for (const [flow, prepareFlow] of Object.entries(PASSWORD_FLOWS)) {
      t.test(`${flow} ends all sessions and tokens of the account, and of no other`, async (t) => {
        const account = await createAccount(server, flow === RAW_CHANGE ? { password: PASSWORD } : {});
        const runFlow = await prepareFlow(server, account);
        const { finish } = await startAuthentication(server, account);
        const requests = await Promise.all(
          ONE_OF_EACH_TYPE.map((endpoint) => prepareRequest(server, account, endpoint)),
        );
        const neighbour = await prepareRequest(server, await createAccount(server), ANY_ENDPOINT);
        accept(await runFlow());
        for (const request of requests) t.match(await request(), DEAD);
        t.match(await send(server, '/v1/auth/finish', { body: finish }), DEAD);
        t.equal((await neighbour()).status, 200);
      });
    }
  });
}

t.test('a password change during a Redis outage invalidates the tokens in Redis', async (t) => {
  const redis = await startRedis(t);
  const server = await startServer(t, { REDIS_URL: redis.url });
  const account = await createAccount(server, { password: PASSWORD });
  const runFlow = await (PASSWORD_FLOWS[RAW_CHANGE] as (typeof PASSWORD_FLOWS)[string])(server, account);
  const { finish } = await startAuthentication(server, account);
  const requests: (() => Promise<Reply>)[] = [];
  for (const endpoint of SIGNED_ENDPOINTS) {
    if (endpoint.type !== 'forgotPasswordToken')
      requests.push(await prepareRequest(server, account, endpoint));
  }
  const forgot = SIGNED_ENDPOINTS.find(({ type }) => type === 'forgotPasswordToken') as SignedEndpoint;
  requests.push(await prepareRequest(server, account, forgot));

  redis.freeze();
  accept(await runFlow());
  redis.thaw();
  for (const request of requests) t.match(await request(), DEAD);

  t.match(await send(server, '/v1/auth/finish', { body: finish }), DEAD);
});

const DEAD = { status: 401, body: { errno: 110 } };
const ANY_ENDPOINT = SIGNED_ENDPOINTS[0] as SignedEndpoint;

async function prepareRequest(
  server: TestServer,
  account: TestAccount,
  { method, path, type }: SignedEndpoint,
) {
  const { token, code } = await obtainToken(server, account, type);
  const body = makeBody(path, account, token, code);
  return () => send(server, path, { method, signer: { type, token }, body });
}

async function recover(server: TestServer, account: TestAccount): Promise<string> {
  const { forgotPasswordToken: token, code } = await sendRecoveryCode(server, account);
  const signer = { type: 'forgotPasswordToken', token } as const;
  return accept(await send(server, '/v1/password/forgot/verify_code', { signer, body: { code } }))
    .accountResetToken;
}
