import { accept, makeEmail, toHex } from '../../api/accounts.js';
import { stretch } from '../../api/protocol-math.js';
import { send } from '../../api/send.js';
import type { FlowRequest } from './flow-request.js';
import {
  checkCreated,
  checkDevices,
  createRaw,
  destroy,
  loginRaw,
  PASSWORD,
  readStatus,
  recover,
  signed,
} from './steps.js';

export const RAW: FlowRequest[] = [
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
          t.equal((await readStatus(server, sessionToken)).body.errno, 110, 'its sessions have ended');
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
          t.equal((await readStatus(server, sessionToken)).body.errno, 110, 'its sessions have ended');
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
