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

function toLocalPart(text: string): string {
  if (DOT_STRING.test(text) || QUOTED_STRING.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
