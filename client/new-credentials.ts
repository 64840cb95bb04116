import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../protocol/hex.js';
import { concatBytes } from '../protocol/names.js';
import { computeVerifier, SRP_TYPE } from '../protocol/srp.js';
import { deriveMainKeys, STRETCHED_BYTES, STRETCHING_PARAMETERS } from '../protocol/stretching.js';
import type { KeyServerClient } from './key-server-client.js';
import { randomBytes } from './random.js';
import type { Engine } from './stretcher.js';
import { readHex } from './wire.js';

const encoder = new TextEncoder();

/** Encodes a password exactly as typed. @throws RangeError when it is empty */
export function passwordToBytes(password: string): Uint8Array {
  if (password === '') throw new RangeError('password must not be empty');
  return encoder.encode(password);
}

/**
 * Derives the credentials of a new password from the stored address. The salts combine random bytes of the
 * server and local ones, so that neither side alone determines them.
 * @see docs/protocol.md, "Password stretching"
 */
export async function deriveNewCredentials(
  client: KeyServerClient,
  engine: Engine,
  email: Uint8Array,
  password: string,
) {
  const passwordBytes = passwordToBytes(password);
  const { data } = await client.getRandomBytes();
  const entropy = concatBytes(randomBytes(STRETCHED_BYTES), readHex('data', data));
  const salts = hkdf(sha256, entropy, undefined, encoder.encode('salts'), 2 * STRETCHED_BYTES);
  const srpSalt = salts.subarray(0, STRETCHED_BYTES);
  const stretchingSalt = salts.subarray(STRETCHED_BYTES);
  const stretchedPW = await engine.stretch(email, passwordBytes);
  const { srpPW, unwrapBKey } = deriveMainKeys(stretchedPW, stretchingSalt);
  try {
    return {
      verifier: computeVerifier(engine.modPow, srpSalt, email, srpPW),
      srp: { type: SRP_TYPE, salt: toHex(srpSalt) },
      passwordStretching: { ...STRETCHING_PARAMETERS, salt: toHex(stretchingSalt) },
      unwrapBKey,
    } as const;
  } finally {
    for (const secret of [stretchedPW, srpPW, passwordBytes]) secret.fill(0);
  }
}
