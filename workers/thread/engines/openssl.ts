import { createDiffieHellman, pbkdf2Sync, scryptSync } from 'node:crypto';
import { type ModPow, SRP_BYTES, SRP_N_HEX } from '../../../protocol/srp.js';
import type { Engine } from './engine.js';
import { measureOnlyWay, SAMPLE } from './measure-plan.js';
import { type Pbkdf2Input, type ScryptInput, stretchPasswords } from './stretching-chain.js';

/** Everything through `node:crypto`. A stretch takes 64 MiB of fresh memory. */
export function createOpensslEngine(): Engine {
  const primitives = {
    pbkdf2: opensslPbkdf2,
    scrypt: (inputs: ScryptInput[]) => inputs.map(opensslScrypt),
  };
  return {
    stretch: (inputs) => stretchPasswords(primitives, inputs),
    modPow: createOpensslModPow(),
    measure: () => measureOnlyWay('openssl', sampleOpenssl),
  };
}

/**
 * Modular exponentiation through OpenSSL's Diffie-Hellman: constant-time in the exponent, and 0.2 ms for
 * 256 bits. Creating it tests the prime, which takes 50 to 250 ms: once a thread.
 * OpenSSL refuses the bases 0, 1 and N − 1, whose powers need no arithmetic, and a zero exponent.
 */
export function createOpensslModPow(): ModPow {
  const group = createDiffieHellman(Buffer.from(SRP_N_HEX, 'hex'), 2);
  const zero = new Uint8Array(SRP_BYTES);
  const one = Uint8Array.from(zero).fill(1, -1);
  const minusOne = Uint8Array.from(Buffer.from(SRP_N_HEX, 'hex'));
  minusOne[SRP_BYTES - 1] = (minusOne[SRP_BYTES - 1] as number) - 1;
  return (base, exponent) => {
    if (exponent.every((byte) => byte === 0) || isSame(base, one)) return one.slice();
    if (isSame(base, zero)) return zero.slice();
    if (isSame(base, minusOne)) return ((exponent.at(-1) as number) & 1 ? minusOne : one).slice();
    group.setPrivateKey(exponent);
    const power = new Uint8Array(group.computeSecret(base));
    // OpenSSL would keep the exponent until the next one; it wipes what it replaces.
    group.setPrivateKey(one);
    return power;
  };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** PBKDF2-HMAC-SHA256 (RFC 8018, 5.2). */
export function opensslPbkdf2({ password, salt, rounds, length }: Pbkdf2Input): Uint8Array {
  return pbkdf2Sync(password, salt, rounds, length, 'sha256');
}

/** scrypt (RFC 7914), with memory that OpenSSL takes and gives back. */
export function opensslScrypt({ password, salt, N, r, p, length }: ScryptInput): Uint8Array {
  return scryptSync(password, salt, length, { N, r, p, maxmem: 2 * 128 * N * r });
}

/** One hash as they are timed. */
export function sampleOpenssl(): void {
  scryptSync('', '', 32, SAMPLE);
}
