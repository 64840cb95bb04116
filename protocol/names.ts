const NAMESPACE = 'identity.mozilla.com/picl/v1/';

const encoder = new TextEncoder();

/** UTF-8 bytes of the protocol's name space and `name` (docs/protocol.md, "Names"). */
export function KW(name: string): Uint8Array {
  return encoder.encode(NAMESPACE + name);
}

/** `KW(name) | ":" | email`, with the address as the account was created (docs/protocol.md, "Names"). */
export function KWE(name: string, email: Uint8Array): Uint8Array {
  return concatBytes(encoder.encode(`${NAMESPACE}${name}:`), email);
}

/** Concatenates outside V8's heap, whose garbage collector would leave copies of a secret that is wiped. */
export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(new ArrayBuffer(parts.reduce((length, part) => length + part.length, 0)));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
