import { readFileSync } from 'node:fs';
import { fromHex } from '../../../protocol/hex.js';
import type { StretchRequest } from '../../../workers/messages.js';

const { stretching, srp } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));

export const KNOWN_REPLY = { verifier: srp.verifier as string, unwrapBKey: stretching.unwrapBKey as string };

/** Its stretch hangs in threads of hanging-stretch-thread.ts. */
export const HANGING_EMAIL = 'hang@example.com';

export function knownRequest(): StretchRequest {
  return {
    email: fromHex(stretching.email),
    password: fromHex(stretching.password),
    stretchingSalt: fromHex(stretching.passwordStretchingSalt),
    srpSalt: fromHex(srp.srpSalt),
  };
}
