import { xorBytes } from '../../protocol/bundle.js';
import { toHex } from '../../protocol/hex.js';
import { createAccount, requireFreeAddress } from '../accounts/account-creation.js';
import { requireAccountForLogin, requireAccountOfToken } from '../accounts/account-lookup.js';
import { makeWrapKb, provePassword, setPassword, stretchNewPassword } from '../accounts/account-passwords.js';
import { openSession } from '../accounts/sessions.js';
import { openEndpoint, signedEndpoint } from '../endpoint.js';
import { chooseLocale } from '../locales/locale.js';
import { recordNewPassword } from '../logs/security-log.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies } from '../schemas/schemas.js';

/** docs/endpoints.md, "Raw password": the server stretches. */
export const rawPasswordEndpoints = [
  openEndpoint({
    method: 'POST',
    path: '/v1/raw_password/account/create',
    body: bodies.rawAccountCreate,
    stretches: true,
    reply: replies.accountCreated,
    refusals: ['accountExists', 'registrationRefused'],
    async handle(services, { body: { email, password }, ctx, ...requester }) {
      await requireFreeAddress(services, email, requester.client);
      const { unwrapBKey, ...material } = await stretchNewPassword(services, email, password, requester);
      unwrapBKey.fill(0);
      const uid = await createAccount(
        services,
        email,
        material,
        chooseLocale(ctx.req.headers['accept-language']),
      );
      requester.client.record('accountCreated', { uid, method: 'raw_password' });
      return { uid };
    },
  }),

  openEndpoint({
    method: 'POST',
    path: '/v1/raw_password/session/create',
    body: bodies.rawSessionCreate,
    stretches: true,
    reply: replies.rawSessionCreated,
    refusals: ['unknownAccount', 'incorrectPassword', 'invalidToken', 'tooManySessions'],
    async handle(services, { body: { email, password, device }, ...requester }) {
      const account = await requireAccountForLogin(services, email, requester.client, 'raw_password');
      const unwrapBKey = await provePassword(services, account, password, requester);
      unwrapBKey.fill(0);
      const { sessionToken, verified } = await openSession(services, account, device, requester.signal);
      requester.client.record('loginSucceeded', { uid: account.uid, method: 'raw_password' });
      return { uid: account.uid, verified, sessionToken: toHex(sessionToken) };
    },
  }),

  openEndpoint({
    method: 'POST',
    path: '/v1/raw_password/password/change',
    body: bodies.rawPasswordChange,
    stretches: true,
    reply: replies.empty,
    refusals: ['unknownAccount', 'incorrectPassword', 'invalidToken'],
    async handle(services, { body: { email, oldPassword, newPassword }, ...requester }) {
      const account = await requireAccountForLogin(services, email, requester.client, 'raw_password');
      const oldUnwrapBKey = await provePassword(services, account, oldPassword, requester);
      const { unwrapBKey, ...material } = await stretchNewPassword(
        services,
        account.email,
        newPassword,
        requester,
      );
      // kB = wrap(kB) XOR unwrapBKey must not change.
      const wrapKb = xorBytes(xorBytes(account.wrapKb, oldUnwrapBKey), unwrapBKey);
      for (const secret of [oldUnwrapBKey, unwrapBKey]) secret.fill(0);
      await setPassword(services, account, { ...material, wrapKb });
      requester.client.record('passwordChanged', { uid: account.uid, method: 'raw_password' });
      return {};
    },
  }),

  signedEndpoint({
    method: 'POST',
    path: '/v1/raw_password/password/reset',
    token: 'accountResetToken',
    requiresPayloadHash: true,
    body: bodies.rawPasswordReset,
    stretches: true,
    reply: replies.empty,
    refusals: ['unknownAccount'],
    async handle(services, { body: { newPassword }, credentials, ...requester }) {
      const account = await requireAccountOfToken(services, credentials);
      const { unwrapBKey, ...material } = await stretchNewPassword(
        services,
        account.email,
        newPassword,
        requester,
      );
      unwrapBKey.fill(0);
      await setPassword(services, account, { ...material, wrapKb: makeWrapKb() });
      recordNewPassword(requester.client.record, credentials, 'raw_password');
      return {};
    },
  }),
];
