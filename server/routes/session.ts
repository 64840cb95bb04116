import { sealBundle } from '../../protocol/bundle.js';
import { fromHex, toHex } from '../../protocol/hex.js';
import { concatBytes } from '../../protocol/names.js';
import { announceChange } from '../accounts/account-changes.js';
import { openSession } from '../accounts/sessions.js';
import { issueToken } from '../authentication/tokens.js';
import { signedEndpoint } from '../endpoint.js';
import { ApiError } from '../http/errors.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies } from '../schemas/schemas.js';

/** docs/endpoints.md, "Session". */
export const sessionEndpoints = [
  signedEndpoint({
    method: 'POST',
    path: '/v1/session/create',
    token: 'authToken',
    body: bodies.sessionCreate,
    reply: replies.sessionCreated,
    refusals: ['unknownAccount', 'tooManySessions'],
    async handle(services, { body: { device }, credentials, client, signal }) {
      const { uid, generation } = credentials;
      // Create the session last: if an earlier step fails, no unused session remains.
      const { token: keyFetchToken } = await issueToken(services, 'keyFetchToken', { uid, generation });
      const { sessionToken, verified } = await openSession(services, credentials, device, signal);
      client.record('loginSucceeded', { uid, method: 'srp' });
      const tokens = concatBytes(keyFetchToken, sessionToken);
      const bundle = toHex(sealBundle(fromHex(credentials.requestKey), 'session/create', tokens));
      return { uid, verified, bundle };
    },
  }),

  signedEndpoint({
    method: 'POST',
    path: '/v1/session/destroy',
    token: 'sessionToken',
    body: bodies.none,
    reply: replies.empty,
    async handle(services, { credentials, client }) {
      if (!(await services.storage.sessions.destroy(credentials.tokenID))) throw new ApiError('invalidToken');
      client.record('sessionEnded', { uid: credentials.uid });
      await announceChange(services, credentials.uid);
      return {};
    },
  }),
];
