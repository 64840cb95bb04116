import { domainToASCII } from 'node:url';
import type { Config } from '../../config/load.js';
import { ApiError } from '../http/errors.js';

/**
 * Applies the registration policy to an address. The reply depends only on the policy and the domain, so it reveals
 * nothing about accounts.
 * @throws ApiError registrationRefused
 */
export function requireOpenRegistration({ registration }: Config, email: string): void {
  if (registration === 'open') return;
  const domain = domainToASCII(email.slice(email.lastIndexOf('@') + 1));
  if (registration === 'closed' || !registration.includes(domain)) throw new ApiError('registrationRefused');
}
