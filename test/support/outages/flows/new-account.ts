import { randomBytes } from 'node:crypto';
import {
  accept,
  accountBody,
  authenticate,
  createAccount,
  login,
  makeEmail,
  openTokens,
  startAuthentication,
  toHex,
} from '../../api/accounts.js';
import { RSA_KEY } from '../../api/certificates.js';
import { deriveToken, openBundle } from '../../api/protocol-math.js';
import { send } from '../../api/send.js';
import { openEventStream } from '../event-stream.js';
import type { FlowRequest } from './flow-request.js';
import { checkCreated, checkDevices, enter, readStatus, signed } from './steps.js';

export const NEW_ACCOUNT: FlowRequest[] = [
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
