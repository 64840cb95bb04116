import { randomUUID } from 'node:crypto';
import { sealBundle } from '../../protocol/bundle.js';
import { fromHex, toHex } from '../../protocol/hex.js';
import { concatBytes } from '../../protocol/names.js';
import type { Account } from '../../storage/account-rows.js';
import {
  correctEmailCase,
  requireAccountByEmail,
  requireAccountOfToken,
} from '../accounts/account-lookup.js';
import { isSimulated } from '../accounts/enumeration-guard.js';
import { makeRecoveryCode } from '../accounts/recovery-code.js';
import { isSameCode } from '../accounts/same-code.js';
import { countRecoveryGuess } from '../authentication/consume-token.js';
import { issueToken, TOKEN_LIFE_S } from '../authentication/tokens.js';
import type { ClientContext } from '../client-context.js';
import { openEndpoint, signedEndpoint } from '../endpoint.js';
import { ApiError } from '../http/errors.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies, RECOVERY_CODE_DIGITS } from '../schemas/schemas.js';
import type { Services } from '../services.js';

/** Guesses per forgotPasswordToken (docs/protocol.md, "Tokens"). */
const TRIES = 3;

/** The code of a token without a mail. Codes in requests are never empty. */
const NO_CODE = '';

/** docs/endpoints.md, "Password". */
export const passwordEndpoints = [
  signedEndpoint({
    method: 'POST',
    path: '/v1/password/change/start',
    token: 'authToken',
    body: bodies.none,
    reply: replies.passwordChange,
    refusals: ['unknownAccount'],
    async handle(services, { credentials }) {
      const { uid, generation } = await requireAccountOfToken(services, credentials);
      const keyFetch = await issueToken(services, 'keyFetchToken', { uid, generation });
      const accountReset = await issueToken(services, 'accountResetToken', {
        uid,
        generation,
        provenBy: 'password',
      });
      const tokens = concatBytes(keyFetch.token, accountReset.token);
      return { bundle: toHex(sealBundle(fromHex(credentials.requestKey), 'password/change', tokens)) };
    },
  }),

  openEndpoint({
    method: 'POST',
    path: '/v1/password/forgot/send_code',
    body: bodies.forgotSendCode,
    hidesAccounts: true,
    reply: replies.recoveryCode,
    refusals: ['unknownAccount', 'incorrectEmailCase'],
    async handle(services, { body: { email }, client }) {
      const account = await requireAccountInTypedCase(services, email);
      await services.limits.countMail(client, 'recovery', account);
      const { uid, generation } = account;
      const code = isRecoverable(account, email) ? makeRecoveryCode() : NO_CODE;
      const issued = await issueToken(services, 'forgotPasswordToken', { uid, generation, code });
      const ttl = TOKEN_LIFE_S.forgotPasswordToken;
      // Cancel the source's previous token last, so that a failed request does not cancel it.
      if (code !== NO_CODE) await sendRecoveryMail(services, account, code, client);
      await services.storage.tokens.replaceForgotPasswordToken(uid, client.source, issued.tokenID, ttl);
      return {
        forgotPasswordToken: toHex(issued.token),
        ttl,
        codeLength: RECOVERY_CODE_DIGITS,
        tries: TRIES,
      };
    },
  }),

  signedEndpoint({
    method: 'POST',
    path: '/v1/password/forgot/resend_code',
    token: 'forgotPasswordToken',
    body: bodies.forgotSendCode,
    hidesAccounts: true,
    reply: replies.recoveryCode,
    refusals: ['unknownAccount', 'incorrectEmailCase'],
    async handle(services, { body: { email }, credentials, client }) {
      const account = await requireAccountInTypedCase(services, email);
      if (account.uid !== credentials.uid) throw new ApiError('invalidParameter', { param: 'email' });
      if (account.generation !== credentials.generation) throw new ApiError('invalidToken');
      await services.limits.countMail(client, 'recovery', account);
      const guesses = await services.storage.tokens.guesses(credentials.tokenID);
      if (credentials.code !== NO_CODE && isRecoverable(account, email)) {
        await sendRecoveryMail(services, account, credentials.code, client);
      }
      return {
        forgotPasswordToken: credentials.token,
        ttl: secondsLeft(services, credentials),
        codeLength: RECOVERY_CODE_DIGITS,
        tries: Math.max(0, TRIES - guesses),
      };
    },
  }),

  signedEndpoint({
    method: 'POST',
    path: '/v1/password/forgot/verify_code',
    token: 'forgotPasswordToken',
    body: bodies.forgotVerifyCode,
    hidesAccounts: true,
    reply: replies.recoveryCodeVerified,
    refusals: ['unknownAccount', 'invalidCode'],
    async handle(services, { body: { code }, credentials, client }) {
      const { tokens } = services.storage;
      const { uid, generation } = isSimulated(credentials)
        ? credentials
        : await requireAccountOfToken(services, credentials);
      const { guesses, restoreAccountCount } = await countRecoveryGuess(services, client, credentials);
      const isRight = isSameCode(code, credentials.code);
      if (isRight || guesses > TRIES) void restoreAccountCount();
      if (guesses > TRIES) throw new ApiError('invalidToken');
      if (!isRight) {
        client.record('recoveryCodeWrong', { uid });
        if (guesses === TRIES) await tokens.take('forgotPasswordToken', credentials.tokenID);
        throw new ApiError('invalidCode', {
          tries: TRIES - guesses,
          ttl: secondsLeft(services, credentials),
        });
      }
      const facts = { uid, generation, provenBy: 'code' } as const;
      const { token, tokenID } = await issueToken(services, 'accountResetToken', facts);
      // One of several simultaneous correct codes takes the token; the others are refused.
      if (!(await tokens.take('forgotPasswordToken', credentials.tokenID))) {
        await tokens.take('accountResetToken', tokenID);
        throw new ApiError('invalidToken');
      }
      client.record('recoveryCodeAccepted', { uid });
      return { accountResetToken: toHex(token) };
    },
  }),
];

/** In another case, the client would compute a verifier that never matches. @throws ApiError 102; 120 */
async function requireAccountInTypedCase(services: Services, typedEmail: string): Promise<Account> {
  const account = await requireAccountByEmail(services, typedEmail);
  const email = correctEmailCase(services, account, typedEmail);
  if (email) throw new ApiError('incorrectEmailCase', { email });
  return account;
}

/** Returns whether a code is mailed. The reply does not depend on it. */
function isRecoverable(account: Account, typedEmail: string): boolean {
  return !isSimulated(account) && account.lockedAt === null && account.email === typedEmail;
}

function secondsLeft({ now }: Services, { expiresAt }: { expiresAt: number }): number {
  return Math.max(0, Math.floor((expiresAt - now()) / 1000));
}

async function sendRecoveryMail(
  services: Services,
  account: Account,
  code: string,
  client: ClientContext,
): Promise<void> {
  const { uid, email, locale } = account;
  const mail = {
    id: randomUUID(),
    uid,
    kind: 'recovery',
    email,
    code,
    locale,
    createdAt: services.now(),
  } as const;
  await services.storage.outbox.add(mail);
  services.mailer.wake();
  client.record('recoveryCodeSent', { uid });
}
