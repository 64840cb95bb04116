import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import { bigintModPow } from '../protocol/srp.js';
import { createStretcher, type Engine } from './stretcher.js';

const pbkdf2 = promisify(crypto.pbkdf2);
const scrypt = promisify(
  (
    password: Uint8Array,
    salt: Uint8Array,
    length: number,
    options: crypto.ScryptOptions,
    callback: (error: Error | null, key: Buffer) => void,
  ) => crypto.scrypt(password, salt, length, options, callback),
);

/** OpenSSL counts a little more than the 64 MiB of the block array itself. */
const SCRYPT_MAX_MEMORY_BYTES = 128 * 1024 * 1024;

/**
 * The engine for Node: OpenSSL on Node's thread pool, so that the event loop stays free.
 *
 * Powers are BigInt's: 3 ms each. OpenSSL's, through DiffieHellman, would be ten times as fast, but making its
 * object costs 230 ms of primality test, more than a client that logs in now and then ever gets back.
 */
export function createNodeEngine(): Engine {
  const stretcher = createStretcher(
    ({ password, salt, rounds, length }) => pbkdf2(password, salt, rounds, length, 'sha256'),
    ({ password, salt, N, r, p, length }) =>
      scrypt(password, salt, length, { N, r, p, maxmem: SCRYPT_MAX_MEMORY_BYTES }),
  );
  return { ...stretcher, modPow: bigintModPow };
}
