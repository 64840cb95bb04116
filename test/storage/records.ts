import { randomBytes, randomUUID } from 'node:crypto';
import type { TokenKind, TokenRecords } from '../../storage/tokens/token-store.js';

/** 64 random hex digits, as every tokenID and key is. */
export function randomHex(): string {
  return randomBytes(32).toString('hex');
}

/** A record of each kind of token for one account, with random contents. */
export function tokenRecords(uid: string = randomUUID()): TokenRecords {
  const account = { uid, generation: 1_385_251_200_000 };
  const hawkKeys = () => ({ reqHMACkey: randomHex(), requestKey: randomHex() });
  return {
    srpToken: { ...account, verifier: randomHex(), b: randomHex(), B: randomHex() },
    authToken: { ...account, ...hawkKeys(), authAt: 1_385_251_300_000 },
    keyFetchToken: { ...account, ...hawkKeys() },
    accountResetToken: { ...account, ...hawkKeys() },
    forgotPasswordToken: { ...account, ...hawkKeys(), token: randomHex(), code: '01234567' },
  };
}

export const TOKEN_KINDS = Object.keys(tokenRecords()) as TokenKind[];
