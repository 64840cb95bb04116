import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Account, PasswordMaterial } from '../../storage/account-rows.js';
import type { StretchReply } from '../../workers/messages.js';
import type { ClientContext } from '../client-context.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { forgetTokens } from './account-changes.js';
import { requireAccountOfToken } from './account-lookup.js';

/** The client's source shares the queue fairly with others. The signal cancels the stretch. */
export interface StretchRequester {
  client: ClientContext;
  signal: AbortSignal;
}

const SALT_BYTES = 32;
const KEY_BYTES = 32;
const encoder = new TextEncoder();

/** Stretches with random salts. @param email the stored address. @throws what Stretcher.stretch throws */
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

/** Returns unwrapBKey, 32 bytes. @throws ApiError 103 or 114; what Stretcher.stretch throws */
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

/** Also ends all sessions and tokens. @throws ApiError 102 when the account is gone; 110 for an old token */
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

export function makeWrapKb(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

function stretch(
  { stretcher }: Services,
  email: string,
  password: Uint8Array,
  { srpSalt, stretchingSalt }: { srpSalt: Uint8Array; stretchingSalt: Uint8Array },
  { client: { source, heldMs }, signal }: StretchRequester,
): Promise<StretchReply> {
  const request = { email: encoder.encode(email), password, srpSalt, stretchingSalt };
  return stretcher.stretch(request, { source, heldMs, signal });
}
