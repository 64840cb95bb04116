import {
  accept,
  authenticate,
  createAccount,
  openTokens,
  startPasswordChange,
  toHex,
} from '../../api/accounts.js';
import { resetBody } from '../../api/endpoints.js';
import { deriveToken } from '../../api/protocol-math.js';
import { send } from '../../api/send.js';
import type { FlowRequest } from './flow-request.js';
import { enter, reset, signed } from './steps.js';

export const CHANGED_PASSWORD: FlowRequest[] = [
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
