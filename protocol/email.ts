/** Maximum length of an address, in bytes of UTF-8 (docs/protocol.md, "Email addresses"). */
export const MAX_EMAIL_BYTES = 255;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Returns the address, or `undefined` when the bytes are not UTF-8, are too long, contain a control
 * character, or do not have exactly one `@` with text on both sides (docs/protocol.md, "Email addresses").
 */
export function parseEmail(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_EMAIL_BYTES) return undefined;
  try {
    const email = decoder.decode(bytes);
    return /^[^@\p{Cc}]+@[^@\p{Cc}]+$/u.test(email) ? email : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the lookup form of an address: ASCII letters in lower case, everything else unchanged. */
export function normalizeEmail(email: string): string {
  return email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
