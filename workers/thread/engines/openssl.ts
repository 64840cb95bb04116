import { pbkdf2Sync, scryptSync } from 'node:crypto';
import type { Engine } from './engine.js';
import { opensslModPow } from './openssl-mod-pow.js';
import { type Pbkdf2Input, type ScryptInput, stretchPasswords } from './stretching-chain.js';

/** A stretch allocates 64 MiB. */
export function createOpensslEngine(): Engine {
  const primitives = {
    pbkdf2: (inputs: Pbkdf2Input[]) => inputs.map(opensslPbkdf2),
    scrypt: (inputs: ScryptInput[]) => inputs.map(opensslScrypt),
  };
  return {
    stretch: (inputs) => stretchPasswords(primitives, inputs),
    modPow: opensslModPow,
  };
}

/** PBKDF2-HMAC-SHA256 (RFC 8018, 5.2). */
export function opensslPbkdf2({ password, salt, rounds, length }: Pbkdf2Input): Uint8Array {
  return pbkdf2Sync(password, salt, rounds, length, 'sha256');
}

/** scrypt (RFC 7914). OpenSSL allocates and frees the memory. */
export function opensslScrypt({ password, salt, N, r, p, length }: ScryptInput): Uint8Array {
  return scryptSync(password, salt, length, { N, r, p, maxmem: 2 * 128 * N * r });
}
