import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { BigInteger } from 'jsbn';
import scryptJs from 'scrypt-js';
import { fromHex, toHex } from '../../../protocol/hex.js';
import { type ModPow, SRP_BYTES, SRP_N_HEX } from '../../../protocol/srp.js';
import type { Engine } from './engine.js';
import { type Pbkdf2Input, type ScryptInput, stretchPasswords } from './stretching-chain.js';

/** For runtimes whose OpenSSL lacks scrypt or forbids it (FIPS builds). A stretch takes about a second. */
export function createPortableEngine(): Engine {
  const primitives = {
    pbkdf2: (inputs: Pbkdf2Input[]) => inputs.map(portablePbkdf2),
    scrypt: (inputs: ScryptInput[]) => inputs.map(portableScrypt),
  };
  return {
    stretch: (inputs) => stretchPasswords(primitives, inputs),
    modPow: jsbnModPow,
  };
}

const N = new BigInteger(SRP_N_HEX, 16);

/**
 * Its time depends on the exponent (sliding window), an accepted risk of the portable engine: every exchange
 * has a new exponent, and its requests wait in a queue behind others.
 */
export const jsbnModPow: ModPow = (base, exponent) => {
  const power = new BigInteger(toHex(base), 16).modPow(new BigInteger(toHex(exponent), 16), N);
  return fromHex(power.toString(16).padStart(2 * SRP_BYTES, '0'));
};

function portablePbkdf2({ password, salt, rounds, length }: Pbkdf2Input): Uint8Array {
  return pbkdf2(sha256, password, salt, { c: rounds, dkLen: length });
}

function portableScrypt({ password, salt, N, r, p, length }: ScryptInput): Uint8Array {
  return scryptJs.syncScrypt(password, salt, N, r, p, length);
}
