import { MAX_EMAIL_BYTES, normalizeEmail, parseEmail } from '../protocol/email.js';
import { fromHex, toHex } from '../protocol/hex.js';
import { ProtocolError } from './errors.js';

const encoder = new TextEncoder();

/**
 * Encodes an address as typed: keys are derived from these bytes (docs/protocol.md, "Email addresses").
 * @throws RangeError when the server does not accept the address
 */
export function emailToBytes(email: string): Uint8Array {
  const bytes = encoder.encode(email);
  if (parseEmail(bytes) === undefined) {
    throw new RangeError(`email must have one @ and no control characters in ${MAX_EMAIL_BYTES} bytes`);
  }
  return bytes;
}

/** Encodes an address for requests. @throws RangeError see {@link emailToBytes} */
export function emailToHex(email: string): string {
  return toHex(emailToBytes(email));
}

/** Decodes an address from a reply. @throws ProtocolError when it is not an address */
export function emailFromHex(hex: string): string {
  let email: string | undefined;
  try {
    email = parseEmail(fromHex(hex));
  } catch {
    // Not hex.
  }
  if (email === undefined) throw new ProtocolError('the server sent an invalid email address');
  return email;
}

/** Returns whether two addresses are equal, or differ in ASCII case only. */
export function isSameAccount(a: string, b: string): boolean {
  return normalizeEmail(a) === normalizeEmail(b);
}
