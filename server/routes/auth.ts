import { randomUUID } from 'node:crypto';
import { sealBundle } from '../../protocol/bundle.js';
import { fromHex, toHex } from '../../protocol/hex.js';
import { isZeroModN, SRP_TYPE } from '../../protocol/srp.js';
import { STRETCHING_PARAMETERS } from '../../protocol/stretching.js';
import { correctEmailCase, requireAccountForLogin } from '../accounts/account-lookup.js';
import { consumeToken } from '../authentication/consume-token.js';
import { issueToken, TOKEN_LIFE_S } from '../authentication/tokens.js';
import { openEndpoint } from '../endpoint.js';
import { ApiError } from '../http/errors.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies } from '../schemas/schemas.js';

/** docs/endpoints.md, "Authentication". */
export const authEndpoints = [
  openEndpoint({
    method: 'POST',
    path: '/v1/auth/start',
    body: bodies.authStart,
    hidesAccounts: true,
    reply: replies.authStart,
    refusals: ['unknownAccount'],
    async handle(services, { body: { email }, client, signal }) {
      const account = await requireAccountForLogin(services, email, client, 'srp');
      const { uid, generation, verifier, srpSalt, stretchingSalt } = account;
      const storedEmail = correctEmailCase(services, account, email);
      const { b, B } = await services.cryptoPool.run(
        'srpStart',
        { verifier },
        { source: client.source, signal },
      );
      const srpToken = randomUUID();
      const exchange = { uid, generation, verifier: toHex(verifier), b: toHex(b), B: toHex(B), storedEmail };
      await services.storage.tokens.put('srpToken', srpToken, exchange, TOKEN_LIFE_S.srpToken);
      return {
        srpToken,
        srp: { type: SRP_TYPE, salt: toHex(srpSalt), B: toHex(B) },
        passwordStretching: { ...STRETCHING_PARAMETERS, salt: toHex(stretchingSalt) },
        ...(storedEmail && { email: storedEmail }),
      };
    },
  }),

  openEndpoint({
    method: 'POST',
    path: '/v1/auth/finish',
    body: bodies.authFinish,
    reply: replies.authFinish,
    refusals: ['invalidToken', 'incorrectPassword', 'incorrectEmailCase'],
    async handle(services, { body: { srpToken, A, M }, client, signal }) {
      const taken = await consumeToken(services, client, 'srpToken', srpToken);
      const { uid, generation, verifier, b, B, storedEmail } = taken;
      if (isZeroModN(A)) throw new ApiError('invalidParameter', { param: 'A' });
      const exchange = { verifier: fromHex(verifier), b: fromHex(b), B: fromHex(B), A, M };
      const K = await services.limits.tryPassword(uid, client, async () => {
        const proof = await services.cryptoPool.run('srpFinish', exchange, { source: client.source, signal });
        if (proof.K) return proof.K;
        client.record('loginFailed', { uid, method: 'srp', reason: 'incorrectPassword' });
        return undefined;
      });
      if (!K && storedEmail) throw new ApiError('incorrectEmailCase', { email: storedEmail });
      if (!K) throw new ApiError('incorrectPassword');
      const authAt = services.now();
      const { token } = await issueToken(services, 'authToken', { uid, generation, authAt });
      return { bundle: toHex(sealBundle(K, 'auth/finish', token)) };
    },
  }),
];
