import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Account, PasswordMaterial } from '../../storage/account-rows.js';
import type { StretchReply } from '../../workers/messages.js';
import type { ClientContext } from '../client-context.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { forgetTokens } from './account-changes.js';
import { requireAccountOfToken } from './account-lookup.js';

/** The requester of a stretch: its source shares the queue fairly with others, its signal cancels the stretch. */
export interface StretchRequester {
  client: ClientContext;
  signal: AbortSignal;
}

const SALT_BYTES = 32;
const KEY_BYTES = 32;
const encoder = new TextEncoder();

/**
 * Stretches a new password with random salts.
 * @param email in the case that the account was created with
 * @throws what Stretcher.stretch throws
 */
export async function stretchNewPassword(
  services: Services,
  email: string,
  password: Uint8Array,
  requester: StretchRequester,
): Promise<StretchReply & { srpSalt: Uint8Array; stretchingSalt: Uint8Array }> {
  const salts = { srpSalt: randomBytes(SALT_BYTES), stretchingSalt: randomBytes(SALT_BYTES) };
  const stretched = await stretch(services, email, password, salts, requester);
  return { ...stretched, ...salts };
}

/**
 * Compares a password with an account's verifier.
 * @returns unwrapBKey, 32 bytes
 * @throws ApiError 103 or 114; what Stretcher.stretch throws
 */
export async function provePassword(
  services: Services,
  account: Account,
  password: Uint8Array,
  requester: StretchRequester,
): Promise<Uint8Array> {
  const { uid, email } = account;
  const { client } = requester;
  const proof = await services.limits.tryPassword(uid, client, async () => {
    const { verifier, unwrapBKey } = await stretch(services, email, password, account, requester);
    if (timingSafeEqual(verifier, account.verifier)) return unwrapBKey;
    client.record('loginFailed', { uid, method: 'raw_password', reason: 'incorrectPassword' });
    return undefined;
  });
  if (!proof) throw new ApiError('incorrectPassword');
  return proof;
}

/**
 * Sets an account's password and ends all its sessions and tokens.
 * @param token identifies the account and the generation that the caller proved
 * @throws ApiError 102 when the account no longer exists, 110 when its password was set meanwhile
 */
export async function setPassword(
  services: Services,
  token: { uid: string; generation: number },
  password: PasswordMaterial,
): Promise<void> {
  const { uid, generation } = token;
  const isSet = await services.storage.accounts.setPassword(uid, generation, password, services.now());
  if (!isSet) {
    await requireAccountOfToken(services, token);
    throw new ApiError('invalidToken');
  }
  await forgetTokens(services, uid);
}

/** Returns a new random wrap(kB), 32 bytes. */
export function makeWrapKb(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

function stretch(
  { stretcher }: Services,
  email: string,
  password: Uint8Array,
  { srpSalt, stretchingSalt }: { srpSalt: Uint8Array; stretchingSalt: Uint8Array },
  { client: { source }, signal }: StretchRequester,
): Promise<StretchReply> {
  const request = { email: encoder.encode(email), password, srpSalt, stretchingSalt };
  return stretcher.stretch(request, { source, signal });
}
