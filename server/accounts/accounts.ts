import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { toHex } from '../../protocol/hex.js';
import type { Account, PasswordMaterial } from '../../storage/account-rows.js';
import type { OutgoingMail } from '../../storage/outbox.js';
import type { StretchReply } from '../../workers/messages.js';
import type { ClientContext } from '../client-context.js';
import { toApiError } from '../http/error-translation.js';
import { ApiError } from '../http/errors.js';
import type { LoginMethod } from '../logs/security-log.js';
import type { Services } from '../services.js';
import { makeUnprovableVerifier } from './enumeration-guard.js';
import { requireOpenRegistration } from './registration.js';

/** Who asks for a stretch, for the queue. */
export interface PasswordOrder {
  client: ClientContext;
  signal: AbortSignal;
}

const SALT_BYTES = 32;
const KEY_BYTES = 32;
const encoder = new TextEncoder();

/**
 * Finds the account of an address in any case. With the enumeration guard an unknown address has a simulated account.
 * No password fits a locked account: its clients ask for the password, as after a change of it.
 * @throws ApiError 102
 */
export async function requireAccountOf(services: Services, email: string): Promise<Account> {
  const account =
    (await services.storage.accounts.findByEmail(email)) ?? services.enumerationGuard?.simulateAccount(email);
  if (!account) throw new ApiError('unknownAccount');
  return account.lockedAt === null ? account : { ...account, verifier: makeUnprovableVerifier() };
}

/**
 * The stored address in hex when the typed one differs from it in case, for the client to stretch with.
 * Never told with `ENUMERATION_GUARD=on`.
 * @see docs/protocol.md, "Email addresses"
 */
export function correctEmailCase(
  { enumerationGuard }: Services,
  account: Account,
  typedEmail: string,
): string | undefined {
  if (enumerationGuard || account.email === typedEmail) return undefined;
  return toHex(encoder.encode(account.email));
}

/** Finds the account for a login, and logs an unknown address. @throws ApiError 102 */
export async function requireAccountToLogIn(
  services: Services,
  email: string,
  client: ClientContext,
  method: LoginMethod,
): Promise<Account> {
  try {
    return await requireAccountOf(services, email);
  } catch (error) {
    const { reason } = toApiError(error);
    if (reason === 'unknownAccount') client.record('loginFailed', { method, reason });
    throw error;
  }
}

/**
 * The account a token was made for.
 * @throws ApiError 102 when it is gone, 110 when its password was set since
 */
export async function requireAccountFor(
  services: Services,
  token: { uid: string; generation: number },
): Promise<Account> {
  const account = await services.storage.accounts.findByUid(token.uid);
  if (!account) throw new ApiError('unknownAccount');
  if (account.generation !== token.generation) throw new ApiError('invalidToken');
  return account;
}

/**
 * Whether an account may be created for an address, before anything costly is done for it.
 * @throws ApiError 403 by the registration policy, 101 when the address, in any case, has one; 114
 */
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

/**
 * Creates an account and has its verification code mailed.
 * @param locale the language of its mails
 * @returns its uid
 * @throws ApiError 101
 */
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

/** A new, unverified account with fresh keys. */
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
    wrapKb: randomBytes(KEY_BYTES),
    generation: nowMs,
    locale,
    createdAt: nowMs,
    lockedAt: null,
    ...password,
  };
}

/** The mail that carries an account's verification code. */
export function verificationMail(
  account: Pick<Account, 'uid' | 'email' | 'verifyCode' | 'locale'>,
  nowMs: number,
): OutgoingMail {
  const { uid, email, verifyCode, locale } = account;
  return { id: randomUUID(), uid, kind: 'verify', email, code: verifyCode, locale, createdAt: nowMs };
}

/**
 * Stretches a new password under fresh salts.
 * @param email as first given
 * @throws what Stretcher.stretch throws
 */
export async function stretchNewPassword(
  services: Services,
  email: string,
  password: Uint8Array,
  order: PasswordOrder,
): Promise<StretchReply & { srpSalt: Uint8Array; stretchingSalt: Uint8Array }> {
  const salts = { srpSalt: randomBytes(SALT_BYTES), stretchingSalt: randomBytes(SALT_BYTES) };
  const stretched = await stretch(services, email, password, salts, order);
  return { ...stretched, ...salts };
}

/**
 * Proves a password against an account's verifier.
 * @returns unwrapBKey, 32 bytes
 * @throws ApiError 103 or 114; what Stretcher.stretch throws
 */
export async function provePassword(
  services: Services,
  account: Account,
  password: Uint8Array,
  order: PasswordOrder,
): Promise<Uint8Array> {
  const { uid, email } = account;
  const proof = await services.limits.tryPassword(uid, order.client, async () => {
    const { verifier, unwrapBKey } = await stretch(services, email, password, account, order);
    if (timingSafeEqual(verifier, account.verifier)) return unwrapBKey;
    order.client.record('loginFailed', { uid, method: 'raw_password', reason: 'incorrectPassword' });
    return undefined;
  });
  if (!proof) throw new ApiError('incorrectPassword');
  return proof;
}

/**
 * Sets an account's password, and ends every session and outstanding token of it.
 * @param token what the caller has proof with
 * @throws ApiError 102 when the account is gone, 110 when its password was set since
 */
export async function setPassword(
  services: Services,
  token: { uid: string; generation: number },
  password: PasswordMaterial,
): Promise<void> {
  const { uid, generation } = token;
  const set = await services.storage.accounts.setPassword(uid, generation, password, services.now());
  if (!set) {
    await requireAccountFor(services, token);
    throw new ApiError('invalidToken');
  }
  await forgetTokens(services, uid);
}

/**
 * Removes an account's short-lived tokens and tells every server. Called after the database has committed:
 * tokens of an older generation are dead already, so a token store that is away changes nothing.
 */
export async function forgetTokens(services: Services, uid: string): Promise<void> {
  const { storage, log } = services;
  await Promise.all([
    storage.tokens.forgetAccount(uid).catch((error) => {
      log.warn({ event: 'tokensNotForgotten', uid, err: error });
    }),
    announceChange(services, uid),
  ]);
}

/**
 * Tells every server that an account changed. Called after the database has committed: a request that did what it was
 * asked does not fail because the word of it goes out later.
 */
export async function announceChange({ storage, log }: Services, uid: string): Promise<void> {
  try {
    await storage.tokens.announce(uid);
  } catch (error) {
    log.warn({ event: 'changeNotAnnounced', uid, err: error });
  }
}

/**
 * Removes what is kept for a while of an account that is gone from the database. The count of mails to its address
 * stays: whoever creates and destroys an account again and again must not fill a mailbox.
 */
export async function forgetAccount(services: Services, uid: string): Promise<void> {
  const { storage, log } = services;
  const countersForgotten = storage.counters.forgetAccount(uid).catch((error) => {
    log.warn({ event: 'countersNotForgotten', uid, err: error });
  });
  await Promise.all([forgetTokens(services, uid), countersForgotten]);
}

/** A new wrap(kB): 32 random bytes. */
export function makeWrapKb(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

function stretch(
  { stretcher }: Services,
  email: string,
  password: Uint8Array,
  { srpSalt, stretchingSalt }: { srpSalt: Uint8Array; stretchingSalt: Uint8Array },
  { client: { source }, signal }: PasswordOrder,
): Promise<StretchReply> {
  const request = { email: encoder.encode(email), password, srpSalt, stretchingSalt };
  return stretcher.stretch(request, { source, signal });
}
