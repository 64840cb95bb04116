import { scryptAsync } from '@noble/hashes/scrypt.js';
import { bigintModPow } from '../protocol/srp.js';
import { createStretcher, type Engine, type Pbkdf2, type Scrypt } from './stretcher.js';

/** Creates an engine on WebCrypto (https or localhost). The default scrypt yields to the event loop. */
export function createBrowserEngine(scrypt: Scrypt = nobleScrypt): Engine {
  return { ...createStretcher(webCryptoPbkdf2, scrypt), modPow: bigintModPow };
}

const nobleScrypt: Scrypt = ({ password, salt, N, r, p, length }) =>
  scryptAsync(password, salt, { N, r, p, dkLen: length });

const webCryptoPbkdf2: Pbkdf2 = async ({ password, salt, rounds, length }) => {
  const { subtle } = globalThis.crypto;
  // The type excludes shared memory, which is not used here.
  const secret = password as Uint8Array<ArrayBuffer>;
  const key = await subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveBits']);
  const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds };
  return new Uint8Array(await subtle.deriveBits(parameters, key, 8 * length));
};
