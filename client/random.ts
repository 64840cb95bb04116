/**
 * Returns cryptographically secure random bytes, for salts, nonces and SRP secrets.
 * @param length at most 65536
 */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}
