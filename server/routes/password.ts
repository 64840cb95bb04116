import { randomUUID, timingSafeEqual } from 'node:crypto';
import { sealBundle } from '../../protocol/bundle.js';
import { fromHex, toHex } from '../../protocol/hex.js';
import { concatBytes } from '../../protocol/names.js';
import type { Account } from '../../storage/accounts.js';
import { requireAccountFor, requireAccountOf } from '../accounts/accounts.js';
import { isDecoy } from '../accounts/decoy.js';
import { makeRecoveryCode } from '../accounts/recovery-code.js';
import { countRecoveryGuess } from '../authentication/recovery-guess.js';
import { issueToken, TOKEN_LIFE_S } from '../authentication/tokens.js';
import { endpoint } from '../endpoint.js';
import { ApiError } from '../http/errors.js';
import type { Asker } from '../logs/security-log.js';
import { replies } from '../schemas/reply-schemas.js';
import { bodies, RECOVERY_CODE_DIGITS } from '../schemas/schemas.js';
import type { Services } from '../services.js';

/** How many codes may be tried with one forgotPasswordToken (protocol.md, "Tokens"). */
const TRIES = 3;

/** As long as a code, and none that a request can bring. */
const UNTYPEABLE_CODE = '-'.repeat(RECOVERY_CODE_DIGITS);

/** api.md, "Password". */
export const passwordEndpoints = [
  endpoint({
    method: 'POST',
    path: '/v1/password/change/start',
    token: 'authToken',
    body: bodies.none,
    reply: replies.passwordChange,
    refusals: ['unknownAccount'],
    async handle(services, { credentials }) {
      const { uid, generation } = await requireAccountFor(services, credentials);
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

  endpoint({
    method: 'POST',
    path: '/v1/password/forgot/send_code',
    body: bodies.forgotSendCode,
    hidesAccounts: true,
    reply: replies.recoveryCode,
    refusals: ['unknownAccount'],
    async handle(services, { body: { email }, asker }) {
      const account = await requireAccountOf(services, email);
      await services.limits.countMail(asker, account);
      const { uid, generation } = account;
      const code = isRecoverable(account) ? makeRecoveryCode() : UNTYPEABLE_CODE;
      const issued = await issueToken(services, 'forgotPasswordToken', { uid, generation, code });
      const ttl = TOKEN_LIFE_S.forgotPasswordToken;
      // The token before this one is cancelled last: not by a request that then fails.
      await sendRecoveryMail(services, account, code, asker);
      await services.storage.tokens.replaceForgotPasswordToken(uid, issued.tokenID, ttl);
      return {
        forgotPasswordToken: toHex(issued.token),
        ttl,
        codeLength: RECOVERY_CODE_DIGITS,
        tries: TRIES,
      };
    },
  }),

  endpoint({
    method: 'POST',
    path: '/v1/password/forgot/resend_code',
    token: 'forgotPasswordToken',
    body: bodies.forgotSendCode,
    hidesAccounts: true,
    reply: replies.recoveryCode,
    refusals: ['unknownAccount'],
    async handle(services, { body: { email }, credentials, asker }) {
      const account = await requireAccountOf(services, email);
      if (account.uid !== credentials.uid) throw new ApiError('invalidParameter', { param: 'email' });
      if (account.generation !== credentials.generation) throw new ApiError('invalidToken');
      await services.limits.countMail(asker, account);
      const guesses = await services.storage.tokens.guesses(credentials.tokenID);
      await sendRecoveryMail(services, account, credentials.code, asker);
      return {
        forgotPasswordToken: credentials.token,
        ttl: Math.max(0, Math.floor((credentials.expiresAt - services.now()) / 1000)),
        codeLength: RECOVERY_CODE_DIGITS,
        tries: Math.max(0, TRIES - guesses),
      };
    },
  }),

  endpoint({
    method: 'POST',
    path: '/v1/password/forgot/verify_code',
    token: 'forgotPasswordToken',
    body: bodies.forgotVerifyCode,
    hidesAccounts: true,
    reply: replies.recoveryCodeVerified,
    refusals: ['unknownAccount', 'invalidCode'],
    async handle(services, { body: { code }, credentials, asker }) {
      const { tokens } = services.storage;
      const { uid, generation } = isDecoy(credentials)
        ? credentials
        : await requireAccountFor(services, credentials);
      return countRecoveryGuess(services, credentials.tokenID, async (guesses) => {
        if (guesses > TRIES) throw new ApiError('invalidToken');
        if (!timingSafeEqual(Buffer.from(code), Buffer.from(credentials.code))) {
          asker.record('recoveryCodeWrong', { uid });
          if (guesses === TRIES) await tokens.take('forgotPasswordToken', credentials.tokenID);
          throw new ApiError('invalidCode');
        }
        const facts = { uid, generation, provenBy: 'code' } as const;
        const { token, tokenID } = await issueToken(services, 'accountResetToken', facts);
        // Of many right codes at once, one takes the token and answers.
        if (!(await tokens.take('forgotPasswordToken', credentials.tokenID))) {
          await tokens.take('accountResetToken', tokenID);
          throw new ApiError('invalidToken');
        }
        asker.record('recoveryCodeAccepted', { uid });
        return { accountResetToken: toHex(token) };
      });
    },
  }),
];

/** Whether codes go out: not for a decoy, not for a locked account. Who asks gets the same answer. */
function isRecoverable(account: Account): boolean {
  return !isDecoy(account) && account.lockedAt === null;
}

async function sendRecoveryMail(
  services: Services,
  account: Account,
  code: string,
  asker: Asker,
): Promise<void> {
  if (!isRecoverable(account)) return;
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
  asker.record('recoveryCodeSent', { uid });
}
