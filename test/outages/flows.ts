import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import {
  accept,
  accountBody,
  authenticate,
  createAccount,
  login,
  makeEmail,
  openTokens,
  sendRecoveryCode,
  startAuthentication,
  startPasswordChange,
  type TestAccount,
  toHex,
} from '../api/accounts.js';
import { RSA_KEY } from '../api/certificates.js';
import { resetBody } from '../api/endpoints.js';
import { deriveToken, openBundle, stretch, type TokenType } from '../api/protocol-math.js';
import { type Reply, type Signer, send } from '../api/send.js';
import type { TestServer } from '../api/start-server.js';
import { openEventStream } from './event-stream.js';
import { untilSo } from './waiting.js';

/** A request that would succeed now. */
export interface PreparedRequest {
  /** Sends it, signed anew each time. */
  send(): Promise<Reply>;
  /** Checks, once it was done, that it was done whole. @param reply its last one, a success or `errnoIfDone` */
  check?(t: Test, reply: Reply): Promise<unknown>;
}

/** A request of one of the API's flows, at its place in the flow. */
export interface FlowRequest {
  /** The flow, and what is asked for in it when that is not plain from the endpoint. */
  flow: string;
  /** `METHOD path` */
  endpoint: string;
  /**
   * What a repetition is told when the request was done and the word of it was lost between PostgreSQL and the
   * server; nothing where it can be done again.
   */
  errnoIfDone?: number;
  /** Goes through the flow up to this request. */
  prepare(server: TestServer): Promise<PreparedRequest>;
}

const PASSWORD = 'correct horse';

const signed = (type: TokenType, token: string): { signer: Signer } => ({ signer: { type, token } });

async function loginRaw(server: TestServer, email: string, password = PASSWORD): Promise<Reply> {
  return send(server, '/v1/raw_password/session/create', { body: { email: toHex(email), password } });
}

async function createRaw(server: TestServer, email = makeEmail()) {
  const body = { email: toHex(email), password: PASSWORD };
  const { uid } = accept(await send(server, '/v1/raw_password/account/create', { body }));
  return { email, uid };
}

const readStatus = (server: TestServer, token: string) =>
  send(server, '/v1/recovery_email/status', { method: 'GET', ...signed('sessionToken', token) });

/** The account opens, and one mail was sent about it. */
async function checkCreated(t: Test, server: TestServer, uid: string): Promise<void> {
  // A mail that was committed when the word of it was lost waits for the next look into the outbox.
  server.services.mailer.wake();
  t.equal((await server.mailbox.list(uid)).length, 1, 'one verification mail');
}

/** A new account over SRP, a device logged in, its address not verified yet. */
async function enter(server: TestServer, verified = true) {
  const account = await createAccount(server, { verified });
  return { account, ...(await login(server, account)) };
}

const NEW_ACCOUNT: FlowRequest[] = [
  {
    flow: 'new account',
    endpoint: 'POST /v1/get_random_bytes',
    prepare: async (server) => ({ send: () => send(server, '/v1/get_random_bytes') }),
  },
  {
    flow: 'new account',
    endpoint: 'POST /v1/account/create',
    errnoIfDone: 101,
    async prepare(server) {
      const [email, srpPW] = [makeEmail(), randomBytes(32)];
      const body = accountBody(email, srpPW);
      return {
        send: () => send(server, '/v1/account/create', { body }),
        check: async (t) => checkCreated(t, server, (await login(server, { email, srpPW })).uid),
      };
    },
  },
  {
    flow: 'new account',
    endpoint: 'POST /v1/auth/start',
    async prepare(server) {
      const { email } = await createAccount(server, { verified: false });
      return { send: () => send(server, '/v1/auth/start', { body: { email: toHex(email) } }) };
    },
  },
  {
    flow: 'new account',
    endpoint: 'POST /v1/auth/finish',
    async prepare(server) {
      const { finish, K } = await startAuthentication(
        server,
        await createAccount(server, { verified: false }),
      );
      return {
        send: () => send(server, '/v1/auth/finish', { body: finish }),
        async check(_t, { body: { bundle } }) {
          const [token] = openTokens(K, 'auth/finish', bundle);
          accept(await send(server, '/v1/session/create', signed('authToken', token)));
        },
      };
    },
  },
  {
    flow: 'new account',
    endpoint: 'POST /v1/session/create',
    async prepare(server) {
      const token = await authenticate(server, await createAccount(server));
      return {
        send: () => send(server, '/v1/session/create', signed('authToken', token)),
        async check(t, { body: { bundle } }) {
          const { requestKey } = deriveToken('authToken', token);
          const [keyFetchToken, sessionToken] = openTokens(requestKey, 'session/create', bundle);
          await checkDevices(t, server, sessionToken);
          const keys = { method: 'GET', ...signed('keyFetchToken', keyFetchToken) } as const;
          accept(await send(server, '/v1/account/keys', keys));
        },
      };
    },
  },
  {
    flow: 'new account',
    endpoint: 'GET /v1/recovery_email/status',
    async prepare(server) {
      const { sessionToken } = await enter(server, false);
      return {
        send: () => readStatus(server, sessionToken),
        check: async (t, { body }) => t.equal(body.verified, false),
      };
    },
  },
  {
    flow: 'new account, the status as an event stream',
    endpoint: 'GET /v1/recovery_email/status',
    async prepare(server) {
      const { sessionToken } = await enter(server);
      let stream: Awaited<ReturnType<typeof openEventStream>>;
      return {
        async send() {
          stream = await openEventStream(server, sessionToken);
          return stream.reply;
        },
        check: async (t) => t.match(await stream.text(), /^(:\n\n)*data: .*"verified":true.*\n\n$/),
      };
    },
  },
  {
    flow: 'new account',
    endpoint: 'POST /v1/recovery_email/resend_code',
    async prepare(server) {
      const { sessionToken, uid } = await enter(server, false);
      return {
        send: () => send(server, '/v1/recovery_email/resend_code', signed('sessionToken', sessionToken)),
        check: async (t) => t.ok((await server.mailbox.list(uid)).length >= 2, 'another mail'),
      };
    },
  },
  {
    flow: 'new account',
    endpoint: 'POST /v1/recovery_email/verify_code',
    async prepare(server) {
      const { sessionToken, uid } = await enter(server, false);
      const code = await server.mailbox.readCode('x-verify-code', uid);
      return {
        send: () => send(server, '/v1/recovery_email/verify_code', { body: { uid, code } }),
        check: async (t) => t.equal((await readStatus(server, sessionToken)).body.verified, true),
      };
    },
  },
  {
    flow: 'new account',
    endpoint: 'GET /v1/account/keys',
    async prepare(server) {
      const { keyFetchToken } = await enter(server);
      const call = { method: 'GET', ...signed('keyFetchToken', keyFetchToken) } as const;
      return {
        send: () => send(server, '/v1/account/keys', call),
        async check(t, { body: { bundle } }) {
          const { requestKey } = deriveToken('keyFetchToken', keyFetchToken);
          t.equal(openBundle(requestKey, 'account/keys', bundle).length, 2);
          t.equal((await send(server, '/v1/account/keys', call)).body.errno, 110, 'used up');
        },
      };
    },
  },
  {
    flow: 'new account',
    endpoint: 'POST /v1/certificate/sign',
    async prepare(server) {
      const { sessionToken } = await enter(server);
      const call = { ...signed('sessionToken', sessionToken), body: { publicKey: RSA_KEY, duration: 3600 } };
      return {
        send: () => send(server, '/v1/certificate/sign', call),
        check: async (t, { body: { cert } }) => t.match(cert, /^[\w-]+\.[\w-]+\.[\w-]+$/),
      };
    },
  },
];

const DEVICES: FlowRequest[] = [
  {
    flow: 'devices',
    endpoint: 'GET /v1/account/devices',
    async prepare(server) {
      const { sessionToken } = await enter(server);
      const call = { method: 'GET', ...signed('sessionToken', sessionToken) } as const;
      return {
        send: () => send(server, '/v1/account/devices', call),
        check: async (t, { body }) => t.equal(body.devices.length, 1),
      };
    },
  },
  {
    flow: 'devices',
    endpoint: 'POST /v1/session/destroy',
    errnoIfDone: 110,
    async prepare(server) {
      const { sessionToken } = await enter(server);
      return {
        send: () => send(server, '/v1/session/destroy', signed('sessionToken', sessionToken)),
        check: async (t) => t.equal((await readStatus(server, sessionToken)).body.errno, 110),
      };
    },
  },
];

const RAW: FlowRequest[] = [
  {
    flow: 'new account, raw password',
    endpoint: 'POST /v1/raw_password/account/create',
    errnoIfDone: 101,
    async prepare(server) {
      const email = makeEmail();
      const body = { email: toHex(email), password: PASSWORD };
      return {
        send: () => send(server, '/v1/raw_password/account/create', { body }),
        check: async (t) => checkCreated(t, server, accept(await loginRaw(server, email)).uid),
      };
    },
  },
  {
    flow: 'new account, raw password',
    endpoint: 'POST /v1/raw_password/session/create',
    async prepare(server) {
      const { email } = await createRaw(server);
      return {
        send: () => loginRaw(server, email),
        check: (t, { body: { sessionToken } }) => checkDevices(t, server, sessionToken),
      };
    },
  },
  {
    flow: 'changed password, raw password',
    endpoint: 'POST /v1/raw_password/password/change',
    errnoIfDone: 103,
    async prepare(server) {
      const { email } = await createRaw(server);
      const { sessionToken } = accept(await loginRaw(server, email));
      const body = { email: toHex(email), oldPassword: PASSWORD, newPassword: 'another' };
      return {
        send: () => send(server, '/v1/raw_password/password/change', { body }),
        async check(t) {
          t.equal((await loginRaw(server, email, 'another')).status, 200);
          t.equal((await readStatus(server, sessionToken)).body.errno, 110, 'its sessions are over');
        },
      };
    },
  },
  {
    flow: 'forgotten password, raw password',
    endpoint: 'POST /v1/raw_password/password/reset',
    errnoIfDone: 110,
    async prepare(server) {
      const { account, sessionToken, token } = await recover(server);
      const call = { ...signed('accountResetToken', token), body: { newPassword: 'another' } };
      return {
        send: () => send(server, '/v1/raw_password/password/reset', call),
        async check(t) {
          t.equal((await loginRaw(server, account.email, 'another')).status, 200);
          t.equal((await readStatus(server, sessionToken)).body.errno, 110, 'its sessions are over');
        },
      };
    },
  },
  {
    flow: 'end of an account, raw password',
    endpoint: 'POST /v1/account/destroy',
    errnoIfDone: 102,
    async prepare(server) {
      const { email } = await createRaw(server);
      const { passwordStretching } = accept(
        await send(server, '/v1/auth/start', { body: { email: toHex(email) } }),
      );
      return destroy(server, {
        email,
        srpPW: stretch(email, PASSWORD, Buffer.from(passwordStretching.salt, 'hex')).srpPW,
      });
    },
  },
];

const CHANGED_PASSWORD: FlowRequest[] = [
  {
    flow: 'changed password',
    endpoint: 'POST /v1/auth/start',
    async prepare(server) {
      const { account } = await enter(server);
      return { send: () => send(server, '/v1/auth/start', { body: { email: toHex(account.email) } }) };
    },
  },
  {
    flow: 'changed password',
    endpoint: 'POST /v1/password/change/start',
    async prepare(server) {
      const { account } = await enter(server);
      const token = await authenticate(server, account);
      return {
        send: () => send(server, '/v1/password/change/start', signed('authToken', token)),
        async check(_t, { body: { bundle } }) {
          const { requestKey } = deriveToken('authToken', token);
          const [keyFetchToken, resetToken] = openTokens(requestKey, 'password/change', bundle);
          const keys = { method: 'GET', ...signed('keyFetchToken', keyFetchToken) } as const;
          accept(await send(server, '/v1/account/keys', keys));
          const body = resetBody(resetToken, account.email);
          accept(
            await send(server, '/v1/account/reset', { ...signed('accountResetToken', resetToken), body }),
          );
        },
      };
    },
  },
  {
    flow: 'changed password',
    endpoint: 'GET /v1/account/keys',
    async prepare(server) {
      const { keyFetchToken } = await startPasswordChange(server, await createAccount(server));
      const call = { method: 'GET', ...signed('keyFetchToken', keyFetchToken) } as const;
      return { send: () => send(server, '/v1/account/keys', call) };
    },
  },
  {
    flow: 'changed password',
    endpoint: 'POST /v1/account/reset',
    errnoIfDone: 110,
    async prepare(server) {
      const { account, sessionToken } = await enter(server);
      const { accountResetToken } = await startPasswordChange(server, account);
      return reset(server, account, sessionToken, accountResetToken);
    },
  },
];

const FORGOTTEN_PASSWORD: FlowRequest[] = [
  {
    flow: 'forgotten password',
    endpoint: 'POST /v1/password/forgot/send_code',
    async prepare(server) {
      const account = await createAccount(server);
      return {
        send: () => send(server, '/v1/password/forgot/send_code', { body: { email: toHex(account.email) } }),
        check: async (_t, { body }) => verifyRecoveryCode(server, account, body.forgotPasswordToken),
      };
    },
  },
  {
    flow: 'forgotten password',
    endpoint: 'POST /v1/password/forgot/resend_code',
    async prepare(server) {
      const account = await createAccount(server);
      const { forgotPasswordToken: token } = await sendRecoveryCode(server, account);
      const call = { ...signed('forgotPasswordToken', token), body: { email: toHex(account.email) } };
      return {
        send: () => send(server, '/v1/password/forgot/resend_code', call),
        async check(t, { body }) {
          t.match(body, { forgotPasswordToken: token, tries: 3 });
          await verifyRecoveryCode(server, account, token);
        },
      };
    },
  },
  {
    flow: 'forgotten password',
    endpoint: 'POST /v1/password/forgot/verify_code',
    async prepare(server) {
      const account = await createAccount(server);
      const { forgotPasswordToken, code } = await sendRecoveryCode(server, account);
      const call = { ...signed('forgotPasswordToken', forgotPasswordToken), body: { code } };
      return {
        send: () => send(server, '/v1/password/forgot/verify_code', call),
        async check(t, { body: { accountResetToken: token } }) {
          t.equal((await send(server, '/v1/password/forgot/verify_code', call)).body.errno, 110, 'used up');
          const body = resetBody(token, account.email);
          accept(await send(server, '/v1/account/reset', { ...signed('accountResetToken', token), body }));
        },
      };
    },
  },
  {
    flow: 'forgotten password, a wrong code',
    endpoint: 'POST /v1/password/forgot/verify_code',
    async prepare(server) {
      const account = await createAccount(server);
      const { forgotPasswordToken: token, code } = await sendRecoveryCode(server, account);
      const wrong = code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));
      const guess = (guessed: string) =>
        send(server, '/v1/password/forgot/verify_code', {
          ...signed('forgotPasswordToken', token),
          body: { code: guessed },
        });
      for (let i = 0; i < 2; i++) await guess(wrong);
      return {
        send: () => guess(code),
        check: async (t, { body }) => t.ok(body.accountResetToken, 'the third of three guesses was left'),
      };
    },
  },
  {
    flow: 'forgotten password',
    endpoint: 'POST /v1/account/reset',
    errnoIfDone: 110,
    async prepare(server) {
      const { account, sessionToken, token } = await recover(server);
      return reset(server, account, sessionToken, token);
    },
  },
  {
    flow: 'end of an account',
    endpoint: 'POST /v1/account/destroy',
    errnoIfDone: 102,
    prepare: async (server) => destroy(server, (await enter(server)).account),
  },
];

/** What is asked for without a flow. */
const ANYTIME: FlowRequest[] = [
  '/v1/openapi.json',
  '/.well-known/browserid',
  '/',
  '/__version__',
  '/__lbheartbeat__',
].map((path) => ({
  flow: 'any time',
  endpoint: `GET ${path}`,
  prepare: async (server) => ({ send: () => send(server, path, { method: 'GET' }) }),
}));

/** Every request of every flow of api.md, over both doors, and what can be asked for besides. */
export const FLOW_REQUESTS: FlowRequest[] = [
  ...NEW_ACCOUNT,
  ...DEVICES,
  ...RAW,
  ...CHANGED_PASSWORD,
  ...FORGOTTEN_PASSWORD,
  ...ANYTIME,
];

async function checkDevices(t: Test, server: TestServer, sessionToken: string): Promise<void> {
  const call = { method: 'GET', ...signed('sessionToken', sessionToken) } as const;
  const count = async () => accept(await send(server, '/v1/account/devices', call)).devices.length;
  // One that may have been opened before, by a request that failed, is ended a moment later.
  await t.resolves(
    untilSo(async () => (await count()) === 1),
    'one session',
  );
}

/** An account whose owner has a code, and what it buys. */
async function recover(server: TestServer) {
  const { account, sessionToken } = await enter(server);
  const { forgotPasswordToken } = await sendRecoveryCode(server, account);
  const token = await verifyRecoveryCode(server, account, forgotPasswordToken);
  return { account, sessionToken, token };
}

/** Tries what was mailed: a request that failed may have mailed its code, too. @returns the accountResetToken */
async function verifyRecoveryCode(server: TestServer, { uid }: TestAccount, token: string): Promise<string> {
  server.services.mailer.wake();
  const codes = (await server.mailbox.list(uid)).map(({ headers }) => headers.get('x-recovery-code'));
  for (const code of codes.filter(Boolean)) {
    const call = { ...signed('forgotPasswordToken', token), body: { code } };
    const { status, body } = await send(server, '/v1/password/forgot/verify_code', call);
    if (status === 200) return body.accountResetToken;
  }
  throw new Error('no code that was mailed is right');
}

function reset(
  server: TestServer,
  { email }: TestAccount,
  sessionToken: string,
  token: string,
): PreparedRequest {
  const srpPW = randomBytes(32);
  const call = { ...signed('accountResetToken', token), body: resetBody(token, email, srpPW) };
  return {
    send: () => send(server, '/v1/account/reset', call),
    async check(t) {
      t.equal((await readStatus(server, sessionToken)).body.errno, 110, 'its sessions are over');
      await login(server, { email, srpPW });
    },
  };
}

async function destroy(
  server: TestServer,
  account: Pick<TestAccount, 'email' | 'srpPW'>,
): Promise<PreparedRequest> {
  const token = await authenticate(server, account);
  return {
    send: () => send(server, '/v1/account/destroy', signed('authToken', token)),
    async check(t) {
      const { body } = await send(server, '/v1/auth/start', { body: { email: toHex(account.email) } });
      t.equal(body.errno, 102, 'it is gone');
    },
  };
}
