import { firstPbkdf2Input, scryptInput, secondPbkdf2Input } from '../../../protocol/stretching.js';
import type { StretchInput } from './engine.js';

export type Pbkdf2Input = ReturnType<typeof firstPbkdf2Input>;
export type ScryptInput = ReturnType<typeof scryptInput>;

export interface Primitives {
  /** PBKDF2-HMAC-SHA256 (RFC 8018, 5.2). */
  pbkdf2(inputs: Pbkdf2Input[]): Uint8Array[];
  /** scrypt (RFC 7914). */
  scrypt(inputs: ScryptInput[]): Uint8Array[];
}

/** Wipes intermediate values, even on errors. @see docs/protocol.md, "Password stretching", steps 1 to 3 */
export function stretchPasswords({ pbkdf2, scrypt }: Primitives, inputs: StretchInput[]): Uint8Array[] {
  const secrets: Uint8Array[] = [];
  const keep = (secret: Uint8Array) => {
    secrets.push(secret);
    return secret;
  };
  try {
    const K1s = pbkdf2(inputs.map(({ email, password }) => firstPbkdf2Input(email, password))).map(keep);
    const K2s = scrypt(K1s.map(scryptInput)).map(keep);
    const seconds = inputs.map(({ email, password }, i) =>
      secondPbkdf2Input(email, password, K2s[i] as Uint8Array),
    );
    for (const second of seconds) keep(second.password);
    return pbkdf2(seconds);
  } finally {
    for (const secret of secrets) secret.fill(0);
  }
}
