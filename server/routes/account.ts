import { openBundle, sealBundle } from '../../protocol/bundle.js';
import { fromHex, toHex } from '../../protocol/hex.js';
import { concatBytes } from '../../protocol/names.js';
import { isUsableVerifier } from '../../protocol/srp.js';
import { forgetAccount } from '../accounts/account-changes.js';
import { createAccount, requireFreeAddress } from '../accounts/account-creation.js';
import { requireAccountOfToken } from '../accounts/account-lookup.js';
import { makeWrapKb, setPassword } from '../accounts/account-passwords.js';
import { openEndpoint, signedEndpoint } from '../endpoint.js';
import { ApiError } from '../http/errors.js';
import { chooseLocale } from '../locales/locale.js';
import { recordNewPassword } from '../logs/security-log.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies } from '../schemas/schemas.js';

const WRAP_KB_BYTES = 32;

/** docs/endpoints.md, "Account". */
export const accountEndpoints = [
  openEndpoint({
    method: 'POST',
    path: '/v1/account/create',
    body: bodies.accountCreate,
    reply: replies.accountCreated,
    refusals: ['accountExists', 'registrationRefused'],
    async handle(services, { body: { email, srp, passwordStretching }, ctx, client }) {
      await requireFreeAddress(services, email, client);
      const password = {
        verifier: srp.verifier,
        srpSalt: srp.salt,
        stretchingSalt: passwordStretching.salt,
      };
      const uid = await createAccount(
        services,
        email,
        password,
        chooseLocale(ctx.req.headers['accept-language']),
      );
      client.record('accountCreated', { uid, method: 'srp' });
      return { uid };
    },
  }),

  signedEndpoint({
    method: 'GET',
    path: '/v1/account/devices',
    token: 'sessionToken',
    reply: replies.devices,
    async handle({ storage }, { credentials }) {
      const sessions = await storage.sessions.list(credentials.uid);
      const devices = sessions.map(({ tokenID, deviceId, deviceName, deviceType, lastAccessAt }) => ({
        id: deviceId,
        type: deviceType,
        name: deviceName,
        isCurrentDevice: tokenID === credentials.tokenID,
        lastAccessTime: lastAccessAt,
      }));
      return { devices };
    },
  }),

  signedEndpoint({
    method: 'GET',
    path: '/v1/account/keys',
    token: 'keyFetchToken',
    reply: replies.accountKeys,
    refusals: ['unknownAccount', 'unverifiedAccount'],
    async handle(services, { credentials }) {
      const { kA, wrapKb, verifiedAt } = await requireAccountOfToken(services, credentials);
      if (verifiedAt === null) throw new ApiError('unverifiedAccount');
      const requestKey = fromHex(credentials.requestKey);
      return { bundle: toHex(sealBundle(requestKey, 'account/keys', concatBytes(kA, wrapKb))) };
    },
  }),

  signedEndpoint({
    method: 'POST',
    path: '/v1/account/reset',
    token: 'accountResetToken',
    requiresPayloadHash: true,
    body: bodies.accountReset,
    reply: replies.empty,
    refusals: ['unknownAccount'],
    async handle(services, { body: { bundle, srp, passwordStretching }, credentials, client }) {
      const opened = openBundle(fromHex(credentials.requestKey), 'account/reset', bundle);
      const wrapKb = opened?.subarray(0, WRAP_KB_BYTES);
      const verifier = opened?.subarray(WRAP_KB_BYTES);
      if (!wrapKb || !verifier || !isUsableVerifier(verifier)) {
        throw new ApiError('invalidParameter', { param: 'bundle' });
      }
      await setPassword(services, credentials, {
        verifier,
        srpSalt: srp.salt,
        stretchingSalt: passwordStretching.salt,
        wrapKb: wrapKb.every((byte) => byte === 0) ? makeWrapKb() : wrapKb,
      });
      recordNewPassword(client.record, credentials, 'srp');
      return {};
    },
  }),

  signedEndpoint({
    method: 'POST',
    path: '/v1/account/destroy',
    token: 'authToken',
    body: bodies.none,
    reply: replies.empty,
    refusals: ['unknownAccount'],
    async handle(services, { credentials, client }) {
      const { uid, generation } = credentials;
      if (!(await services.storage.accounts.destroy(uid, generation))) {
        await requireAccountOfToken(services, credentials);
        throw new ApiError('invalidToken');
      }
      await forgetAccount(services, uid);
      client.record('accountDestroyed', { uid });
      return {};
    },
  }),
];
