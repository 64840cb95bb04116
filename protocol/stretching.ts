import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, KW, KWE } from './names.js';

/** Clients must not choose the server's work (docs/protocol.md, "Password stretching"). */
export const STRETCHING_PARAMETERS = Object.freeze({
  type: 'PBKDF2/scrypt/PBKDF2/v1',
  PBKDF2_rounds_1: 20000,
  scrypt_N: 65536,
  scrypt_r: 8,
  scrypt_p: 1,
  PBKDF2_rounds_2: 20000,
} as const);

/** Length of a salt and of every key of the chain, in bytes. */
export const STRETCHED_BYTES = 32;

const SCRYPT_SALT = KW('scrypt');
const MAIN_KDF_INFO = KW('mainKDF');

export function firstPbkdf2Input(email: Uint8Array, password: Uint8Array) {
  return {
    password,
    salt: KWE('first-PBKDF', email),
    rounds: STRETCHING_PARAMETERS.PBKDF2_rounds_1,
    length: STRETCHED_BYTES,
  };
}

/** Computing K2 takes 128·N·r bytes, which is 64 MiB. */
export function scryptInput(K1: Uint8Array) {
  return {
    password: K1,
    salt: SCRYPT_SALT,
    N: STRETCHING_PARAMETERS.scrypt_N,
    r: STRETCHING_PARAMETERS.scrypt_r,
    p: STRETCHING_PARAMETERS.scrypt_p,
    length: STRETCHED_BYTES,
  };
}

export function secondPbkdf2Input(email: Uint8Array, password: Uint8Array, K2: Uint8Array) {
  return {
    password: concatBytes(K2, password),
    salt: KWE('second-PBKDF', email),
    rounds: STRETCHING_PARAMETERS.PBKDF2_rounds_2,
    length: STRETCHED_BYTES,
  };
}

/**
 * Computes `srpPW | unwrapBKey = HKDF(stretchedPW, "mainKDF", 64, salt)`, 32 bytes each.
 * @see docs/protocol.md, "Password stretching", step 4
 */
export function deriveMainKeys(stretchedPW: Uint8Array, salt: Uint8Array) {
  const derived = hkdf(sha256, stretchedPW, salt, MAIN_KDF_INFO, 2 * STRETCHED_BYTES);
  return { srpPW: derived.subarray(0, 32), unwrapBKey: derived.subarray(32, 64) };
}
