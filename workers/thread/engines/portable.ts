import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { BigInteger } from 'jsbn';
import scryptJs from 'scrypt-js';
import { fromHex, toHex } from '../../../protocol/hex.js';
import { type ModPow, SRP_BYTES, SRP_N_HEX } from '../../../protocol/srp.js';
import { firstPbkdf2Input, scryptInput, secondPbkdf2Input } from '../../../protocol/stretching.js';
import type { Engine } from './engine.js';

/**
 * Nothing but JavaScript, for runtimes whose OpenSSL lacks scrypt or forbids it (FIPS builds).
 * A stretch takes about a second.
 */
export function createPortableEngine(): Engine {
  return {
    stretch({ email, password }) {
      const K1 = portablePbkdf2(firstPbkdf2Input(email, password));
      const { password: secret, salt, N, r, p, length } = scryptInput(K1);
      const K2 = scryptJs.syncScrypt(secret, salt, N, r, p, length);
      const second = secondPbkdf2Input(email, password, K2);
      const stretchedPW = portablePbkdf2(second);
      for (const spent of [K1, K2, second.password]) spent.fill(0);
      return stretchedPW;
    },
    modPow: jsbnModPow,
  };
}

const N = new BigInteger(SRP_N_HEX, 16);

/**
 * Modular exponentiation on jsbn. Its time depends on the exponent (sliding window), an accepted
 * risk of the portable engine: exponents are fresh for every exchange, and the requests that use
 * them queue behind others.
 */
export const jsbnModPow: ModPow = (base, exponent) => {
  const power = new BigInteger(toHex(base), 16).modPow(new BigInteger(toHex(exponent), 16), N);
  return fromHex(power.toString(16).padStart(2 * SRP_BYTES, '0'));
};

function portablePbkdf2(input: ReturnType<typeof firstPbkdf2Input>): Uint8Array {
  return pbkdf2(sha256, input.password, input.salt, { c: input.rounds, dkLen: input.length });
}
