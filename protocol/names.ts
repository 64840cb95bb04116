/** The names of key derivations (docs/protocol.md, "Names"). */

const NAMESPACE = 'identity.mozilla.com/picl/v1/';

const encoder = new TextEncoder();

/**
 * `KW(name)`: the UTF-8 bytes of the protocol's name space followed by `name`.
 * @see docs/protocol.md, "Names"
 */
export function KW(name: string): Uint8Array {
  return encoder.encode(NAMESPACE + name);
}

/**
 * `KWE(name, email)`: `KW(name) | ":" | email`.
 * @param email the email's UTF-8 bytes exactly as the account was created with them
 * @see docs/protocol.md, "Names"
 */
export function KWE(name: string, email: Uint8Array): Uint8Array {
  return concatBytes(encoder.encode(`${NAMESPACE}${name}:`), email);
}

/**
 * Concatenates byte strings: the `|` of the protocol document. Secrets among them can be wiped: the memory is outside
 * V8's heap, where the garbage collector would move short arrays and leave copies.
 */
export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(new ArrayBuffer(parts.reduce((length, part) => length + part.length, 0)));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
