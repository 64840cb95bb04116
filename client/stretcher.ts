import type { ModPow } from '../protocol/srp.js';
import { firstPbkdf2Input, scryptInput, secondPbkdf2Input } from '../protocol/stretching.js';

export interface Stretcher {
  /** Returns stretchedPW, 32 bytes, which the caller wipes. `email` is the stored address. */
  stretch(email: Uint8Array, password: Uint8Array): Promise<Uint8Array>;
}

/** The platform functions that SRP needs. */
export interface Engine extends Stretcher {
  modPow: ModPow;
}

/** PBKDF2-HMAC-SHA256; lengths in bytes. */
export type Pbkdf2 = (input: ReturnType<typeof firstPbkdf2Input>) => Promise<Uint8Array>;

/** scrypt (RFC 7914); the length is in bytes. */
export type Scrypt = (input: ReturnType<typeof scryptInput>) => Promise<Uint8Array>;

export function createStretcher(pbkdf2: Pbkdf2, scrypt: Scrypt): Stretcher {
  return {
    async stretch(email, password) {
      const K1 = await pbkdf2(firstPbkdf2Input(email, password));
      const K2 = await scrypt(scryptInput(K1));
      const second = secondPbkdf2Input(email, password, K2);
      try {
        return await pbkdf2(second);
      } finally {
        for (const secret of [K1, K2, second.password]) secret.fill(0);
      }
    },
  };
}
