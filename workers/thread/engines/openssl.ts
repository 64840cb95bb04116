import { createDiffieHellman, pbkdf2Sync, scryptSync } from 'node:crypto';
import { type ModPow, SRP_BYTES, SRP_N_HEX } from '../../../protocol/srp.js';
import { firstPbkdf2Input, scryptInput, secondPbkdf2Input } from '../../../protocol/stretching.js';
import type { Engine } from './engine.js';

/** Everything through `node:crypto`. A stretch takes about 270 ms and 64 MiB of fresh memory. */
export function createOpensslEngine(): Engine {
  return {
    stretch({ email, password }) {
      const K1 = pbkdf2(firstPbkdf2Input(email, password));
      const K2 = scrypt(scryptInput(K1));
      const second = secondPbkdf2Input(email, password, K2);
      const stretchedPW = pbkdf2(second);
      for (const secret of [K1, K2, second.password]) secret.fill(0);
      return stretchedPW;
    },
    modPow: createOpensslModPow(),
  };
}

/**
 * Modular exponentiation through OpenSSL's Diffie-Hellman: constant-time in the exponent and some
 * forty times faster than jsbn. Creating it tests the prime, about 50 ms: once a thread.
 * OpenSSL refuses the bases 1 and N − 1, whose powers need no arithmetic, and a zero exponent.
 */
export function createOpensslModPow(): ModPow {
  const group = createDiffieHellman(Buffer.from(SRP_N_HEX, 'hex'), 2);
  const one = Buffer.alloc(SRP_BYTES);
  one[SRP_BYTES - 1] = 1;
  const minusOne = Buffer.from(SRP_N_HEX, 'hex');
  minusOne[SRP_BYTES - 1] = (minusOne[SRP_BYTES - 1] as number) - 1;
  return (base, exponent) => {
    if (exponent.every((byte) => byte === 0) || one.equals(base)) return Uint8Array.from(one);
    if (minusOne.equals(base)) {
      return Uint8Array.from((exponent[exponent.length - 1] as number) & 1 ? minusOne : one);
    }
    group.setPrivateKey(exponent);
    return new Uint8Array(group.computeSecret(base));
  };
}

/** PBKDF2-HMAC-SHA256 (RFC 8018, 5.2) of what the stretching chain asks for. */
export function pbkdf2(input: ReturnType<typeof firstPbkdf2Input>): Uint8Array {
  return pbkdf2Sync(input.password, input.salt, input.rounds, input.length, 'sha256');
}

function scrypt(input: ReturnType<typeof scryptInput>): Uint8Array {
  const { N, r, p } = input;
  return scryptSync(input.password, input.salt, input.length, { N, r, p, maxmem: 2 * 128 * N * r });
}
