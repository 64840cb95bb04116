import { domainToASCII } from 'node:url';
import type { Config } from '../../config/load.js';
import { ApiError } from '../http/errors.js';

/**
 * Refuses an address that the registration policy does not admit. The reply depends on the policy and the domain
 * only, so it reveals nothing about accounts.
 * @throws ApiError registrationRefused
 */
export function requireOpenRegistration({ registration }: Config, email: string): void {
  if (registration === 'open') return;
  const domain = domainToASCII(email.slice(email.lastIndexOf('@') + 1));
  if (registration === 'closed' || !registration.includes(domain)) throw new ApiError('registrationRefused');
}
