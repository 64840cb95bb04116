import { announceChange } from '../accounts/account-changes.js';
import { verificationMail } from '../accounts/account-creation.js';
import { isSameCode } from '../accounts/same-code.js';
import { openEndpoint, signedEndpoint } from '../endpoint.js';
import { ApiError } from '../http/errors.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies } from '../schemas/schemas.js';
import { asksForEventStream, openStatusStream, toStatus } from '../status/status-stream.js';

/** docs/endpoints.md, "Recovery email". */
export const recoveryEmailEndpoints = [
  signedEndpoint({
    method: 'GET',
    path: '/v1/recovery_email/status',
    token: 'sessionToken',
    reply: replies.recoveryEmailStatus,
    async handle(services, { credentials, ctx }) {
      if (!asksForEventStream(ctx)) return toStatus(credentials);
      await openStatusStream(services, credentials, ctx);
      return undefined;
    },
  }),

  signedEndpoint({
    method: 'POST',
    path: '/v1/recovery_email/resend_code',
    token: 'sessionToken',
    body: bodies.none,
    reply: replies.empty,
    refusals: ['unknownAccount'],
    async handle(services, { credentials, client }) {
      const { accounts, outbox } = services.storage;
      const account = await accounts.findByUid(credentials.uid);
      if (!account) throw new ApiError('unknownAccount');
      if (account.verifiedAt === null) {
        await services.limits.countMail(client, 'verification', account);
        await outbox.add(verificationMail(account, services.now()));
        services.mailer.wake();
      }
      return {};
    },
  }),

  openEndpoint({
    method: 'POST',
    path: '/v1/recovery_email/verify_code',
    body: bodies.verifyCode,
    reply: replies.empty,
    refusals: ['unknownAccount', 'invalidCode'],
    async handle(services, { body: { uid, code }, client }) {
      const { accounts } = services.storage;
      const account = await accounts.findByUid(uid);
      if (!account) throw new ApiError('unknownAccount');
      const isRight = isSameCode(code.toLowerCase(), account.verifyCode);
      await services.limits.tryCode(uid, client, isRight);
      if (!isRight) throw new ApiError('invalidCode');
      await accounts.markVerified(uid, services.now());
      if (account.verifiedAt === null) client.record('emailVerified', { uid });
      await announceChange(services, uid);
      return {};
    },
  }),
];
