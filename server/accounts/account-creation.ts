import { randomBytes, randomUUID } from 'node:crypto';
import type { Account, PasswordMaterial } from '../../storage/account-rows.js';
import type { OutgoingMail } from '../../storage/outbox.js';
import type { ClientContext } from '../client-context.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { makeWrapKb } from './account-passwords.js';
import { requireOpenRegistration } from './registration.js';

const KEY_BYTES = 32;

/** Runs before the costly steps. @throws ApiError 403 by the policy, 101 for a taken address; 114 */
export async function requireFreeAddress(
  services: Services,
  email: string,
  client: ClientContext,
): Promise<void> {
  requireOpenRegistration(services.config, email);
  if (await services.storage.accounts.exists(email)) {
    if (services.enumerationGuard) await services.limits.countTakenAddress(client);
    throw new ApiError('accountExists');
  }
  await services.limits.countCreation(client, email);
}

/** @param locale language of its mails. @returns the uid. @throws ApiError 101 */
export async function createAccount(
  services: Services,
  email: string,
  password: Omit<PasswordMaterial, 'wrapKb'>,
  locale: string,
): Promise<string> {
  const account = makeAccount(email, password, locale, services.now());
  const created = await services.storage.accounts.create(
    account,
    verificationMail(account, account.createdAt),
  );
  if (!created) throw new ApiError('accountExists');
  services.mailer.wake();
  return account.uid;
}

export function makeAccount(
  email: string,
  password: Omit<PasswordMaterial, 'wrapKb'>,
  locale: string,
  nowMs: number,
): Account {
  return {
    uid: randomUUID(),
    email,
    verifiedAt: null,
    verifyCode: randomBytes(32).toString('hex'),
    kA: randomBytes(KEY_BYTES),
    wrapKb: makeWrapKb(),
    generation: nowMs,
    locale,
    createdAt: nowMs,
    lockedAt: null,
    ...password,
  };
}

export function verificationMail(
  account: Pick<Account, 'uid' | 'email' | 'verifyCode' | 'locale'>,
  nowMs: number,
): OutgoingMail {
  const { uid, email, verifyCode, locale } = account;
  return { id: randomUUID(), uid, kind: 'verify', email, code: verifyCode, locale, createdAt: nowMs };
}
