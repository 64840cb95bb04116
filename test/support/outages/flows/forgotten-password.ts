import { accept, createAccount, sendRecoveryCode, toHex } from '../../api/accounts.js';
import { resetBody } from '../../api/endpoints.js';
import { send } from '../../api/send.js';
import type { FlowRequest } from './flow-request.js';
import { destroy, enter, recover, reset, signed, verifyRecoveryCode } from './steps.js';

export const FORGOTTEN_PASSWORD: FlowRequest[] = [
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
        check: async (t, { body }) => t.ok(body.accountResetToken, 'the third guess was not used'),
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
