import { toHex } from '../../protocol/hex.js';
import type { Account } from '../../storage/account-rows.js';
import type { ClientContext } from '../client-context.js';
import { toApiError } from '../http/error-translation.js';
import { ApiError } from '../http/errors.js';
import type { LoginMethod } from '../logs/security-log.js';
import type { Services } from '../services.js';
import { makeUnprovableVerifier } from './enumeration-guard.js';

/**
 * Finds an account in any ASCII case. With the enumeration guard, an unknown address gets a simulated one. A
 * locked account gets a verifier that no password matches, so that clients ask for a password.
 * @throws ApiError 102
 */
export async function requireAccountByEmail(services: Services, email: string): Promise<Account> {
  const account =
    (await services.storage.accounts.findByEmail(email)) ?? services.enumerationGuard?.simulateAccount(email);
  if (!account) throw new ApiError('unknownAccount');
  return account.lockedAt === null ? account : { ...account, verifier: makeUnprovableVerifier() };
}

/** Finds the account for a login, and logs an unknown address. @throws ApiError 102 */
export async function requireAccountForLogin(
  services: Services,
  email: string,
  client: ClientContext,
  method: LoginMethod,
): Promise<Account> {
  try {
    return await requireAccountByEmail(services, email);
  } catch (error) {
    const { reason } = toApiError(error);
    if (reason === 'unknownAccount') client.record('loginFailed', { method, reason });
    throw error;
  }
}

/** @throws ApiError 102 when the account is gone, 110 when its password was set after the token was issued */
export async function requireAccountOfToken(
  services: Services,
  token: { uid: string; generation: number },
): Promise<Account> {
  const account = await services.storage.accounts.findByUid(token.uid);
  if (!account) throw new ApiError('unknownAccount');
  if (account.generation !== token.generation) throw new ApiError('invalidToken');
  return account;
}

/**
 * Returns the stored address in hex if its case differs from the typed one (docs/protocol.md, "Email
 * addresses"). With the enumeration guard it returns nothing, because the address would reveal an account.
 */
export function correctEmailCase(
  { enumerationGuard }: Services,
  account: Account,
  typedEmail: string,
): string | undefined {
  if (enumerationGuard || account.email === typedEmail) return undefined;
  return toHex(new TextEncoder().encode(account.email));
}
