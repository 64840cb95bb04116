import { domainToASCII } from 'node:url';
import type { Config } from '../../config/load.js';
import { ApiError } from '../http/errors.js';
import { toMailAddress } from '../mail/mail-address.js';

/** A refusal reveals only the policy, not accounts. @throws ApiError registrationRefused */
export function requireOpenRegistration({ registration }: Config, email: string): void {
  if (registration === 'open') return;
  // domainToASCII parses a URL: it cuts at a slash and decodes escapes. No mail reaches such an address.
  const isMailable = toMailAddress(email) !== undefined;
  const domain = domainToASCII(email.slice(email.lastIndexOf('@') + 1));
  if (registration === 'closed' || !isMailable || !registration.includes(domain))
    throw new ApiError('registrationRefused');
}
