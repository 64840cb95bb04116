import { MAX_EMAIL_BYTES, normalizeEmail, parseEmail } from '../protocol/email.js';
import { fromHex, toHex } from '../protocol/hex.js';
import { ProtocolError } from './errors.js';

const encoder = new TextEncoder();

/**
 * The bytes of an address, exactly as typed: what keys are derived from.
 * @throws RangeError when the server would not take the address
 * @see docs/protocol.md, "Email addresses"
 */
export function emailToBytes(email: string): Uint8Array {
  const bytes = encoder.encode(email);
  if (parseEmail(bytes) === undefined) {
    throw new RangeError(`email must have one @ and no control characters in ${MAX_EMAIL_BYTES} bytes`);
  }
  return bytes;
}

/** An address as it travels: hex of UTF-8. @throws RangeError as {@link emailToBytes} does */
export function emailToHex(email: string): string {
  return toHex(emailToBytes(email));
}

/** The text of an address that travelled. @throws ProtocolError when it is none */
export function emailFromHex(hex: string): string {
  let email: string | undefined;
  try {
    email = parseEmail(fromHex(hex));
  } catch {
    // No hex: no address either.
  }
  if (email === undefined) throw new ProtocolError('the server sent an email address that is none');
  return email;
}

/** Whether two addresses are one account: the same but for the case of ASCII letters. */
export function isSameAccount(a: string, b: string): boolean {
  return normalizeEmail(a) === normalizeEmail(b);
}
