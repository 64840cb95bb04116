import { isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';
import { normalizeEmail } from '../../protocol/email.js';

// RFC 5321, 4.1.2 (Dot-string, Quoted-string), with non-ASCII characters (RFC 6531).
const DOT_STRING = /^[^\s\p{Cc}"(),:;<>@[\\\].]+(\.[^\s\p{Cc}"(),:;<>@[\\\].]+)*$/u;
const QUOTED_STRING = /^"([^"\\]|\\.)*"$/;
/** Host names only: with `[10.0.0.1]` or `127.1`, clients could direct the mail server to any host. */
const DOMAIN = /^[\p{L}\p{N}\p{M}_-]+(\.[\p{L}\p{N}\p{M}_-]+)*$/u;

/** Returns an address in SMTP's syntax, or `undefined` when SMTP does not support it. */
export function toMailAddress(email: string): string | undefined {
  const at = email.indexOf('@');
  const localPart = toLocalPart(email.slice(0, at));
  const domain = email.slice(at + 1);
  // SMTP delimits addresses with <>, and nodemailer would replace them by spaces: another address.
  const isHost = DOMAIN.test(domain) && !isIPv4(domainToASCII(domain));
  return /[<>]/.test(email) || !isHost ? undefined : `${localPart}@${domain}`;
}

/** Returns whether an address needs SMTPUTF8. Domains do not, because nodemailer converts them to punycode. */
export function needsSmtpUtf8(address: string): boolean {
  return /\P{ASCII}/u.test(address.slice(0, address.lastIndexOf('@')));
}

/**
 * Returns a key for rate limits, the same for spellings that differ in ASCII case, in the form of the domain,
 * or in quotes and backslashes, which do not change the mailbox (RFC 5321, 4.1.2).
 */
export function toMailbox(email: string): string {
  const at = email.indexOf('@');
  const [localPart, domain] = [email.slice(0, at), email.slice(at + 1)];
  const unquoted = QUOTED_STRING.test(localPart) ? localPart.slice(1, -1).replace(/\\(.)/g, '$1') : localPart;
  return normalizeEmail(`${unquoted}@${domainToASCII(domain) || domain}`);
}

function toLocalPart(text: string): string {
  if (DOT_STRING.test(text) || QUOTED_STRING.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
