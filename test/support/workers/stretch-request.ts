import { readFileSync } from 'node:fs';
import { fromHex } from '../../../protocol/hex.js';
import type { StretchRequest } from '../../../workers/messages.js';

const { stretching, srp } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));

/** Stretched password of `knownRequest`, in hex. */
export const KNOWN_REPLY = { verifier: srp.verifier as string, unwrapBKey: stretching.unwrapBKey as string };

/** The email of a password whose stretch hangs, in threads of hanging-stretch-thread.ts. */
export const HANGING_EMAIL = 'hang@example.com';

export function knownRequest(): StretchRequest {
  return {
    email: fromHex(stretching.email),
    password: fromHex(stretching.password),
    stretchingSalt: fromHex(stretching.passwordStretchingSalt),
    srpSalt: fromHex(srp.srpSalt),
  };
}
