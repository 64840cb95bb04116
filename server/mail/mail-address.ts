import { domainToASCII } from 'node:url';
import { normalizeEmail } from '../../protocol/email.js';

// RFC 5321, 4.1.2 (Dot-string, Quoted-string), with RFC 6531's letters beyond ASCII.
const DOT_STRING = /^[^\s\p{Cc}"(),:;<>@[\\\].]+(\.[^\s\p{Cc}"(),:;<>@[\\\].]+)*$/u;
const QUOTED_STRING = /^"([^"\\]|\\.)*"$/;
/** Host names alone: a literal such as `[10.0.0.1]` would let anyone point the mail server anywhere. */
const DOMAIN = /^[\p{L}\p{N}\p{M}_-]+(\.[\p{L}\p{N}\p{M}_-]+)*$/u;

/**
 * An account's address as SMTP writes it: the local part in quotes where it needs them.
 * @param email what protocol/email.ts admits, which is more than SMTP can carry
 * @returns `undefined` when no mail can ever reach it
 */
export function toMailAddress(email: string): string | undefined {
  const at = email.indexOf('@');
  const localPart = toLocalPart(email.slice(0, at));
  const domain = email.slice(at + 1);
  // SMTP frames addresses with <>, and nodemailer would quietly turn them into another address's blanks.
  return /[<>]/.test(email) || !DOMAIN.test(domain) ? undefined : `${localPart}@${domain}`;
}

/** Whether a mail server must offer SMTPUTF8 for an address: nodemailer writes non-ASCII domains in punycode. */
export function needsSmtpUtf8(address: string): boolean {
  return /\P{ASCII}/u.test(address.slice(0, address.lastIndexOf('@')));
}

/**
 * The mailbox of an address, to count by: every spelling of one mailbox gives the same text. Only the quotes and
 * backslashes of the local part, the case of ASCII letters and the form of the domain are normalized.
 * @see RFC 5321, 4.1.2: a quoted local part is the same mailbox as its unquoted form
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
