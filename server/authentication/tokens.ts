import { randomBytes } from 'node:crypto';
import { toHex } from '../../protocol/hex.js';
import { deriveTokenKeys, type HawkTokenType, TOKEN_BYTES } from '../../protocol/tokens.js';
import type { TokenKind, TokenRecords } from '../../storage/tokens/token-store.js';
import { withTimeout } from '../../storage/with-timeout.js';
import { toApiError } from '../http/error-translation.js';
import type { Services } from '../services.js';

/** How long each kind of token lives, in seconds (protocol.md, "Tokens"). */
export const TOKEN_LIFE_S: Readonly<Record<TokenKind, number>> = {
  srpToken: 60,
  authToken: 10 * 60,
  keyFetchToken: 10 * 60,
  accountResetToken: 15 * 60,
  forgotPasswordToken: 15 * 60,
};

/** Makes a token of 32 random bytes with the keys it derives to. */
export function mintToken(type: HawkTokenType) {
  const token = new Uint8Array(randomBytes(TOKEN_BYTES));
  return { token, ...deriveTokenKeys(type, token) };
}

type MintedKind = Exclude<HawkTokenType, 'sessionToken'>;

/** What a kind of token is stored with, besides its keys. */
type TokenFacts<Kind extends MintedKind> = Omit<TokenRecords[Kind], 'reqHMACkey' | 'requestKey' | 'token'>;

/**
 * Makes a short-lived token and stores it.
 * @returns the token, 32 bytes, and its tokenID in hex
 * @throws StoreUnavailableError
 */
export async function issueToken<Kind extends MintedKind>(
  services: Services,
  kind: Kind,
  facts: TokenFacts<Kind>,
): Promise<{ token: Uint8Array; tokenID: string }> {
  const { token, tokenID, reqHMACkey, requestKey } = mintToken(kind);
  const keys = { reqHMACkey: toHex(reqHMACkey), requestKey: toHex(requestKey) };
  // Only resend_code has to repeat a token, and so only that one is stored itself.
  const record = { ...facts, ...keys, ...(kind === 'forgotPasswordToken' && { token: toHex(token) }) };
  await services.storage.tokens.put(
    kind,
    toHex(tokenID),
    record as unknown as TokenRecords[Kind],
    TOKEN_LIFE_S[kind],
  );
  return { token, tokenID: toHex(tokenID) };
}

/** How long an answer waits for what it used up to be given back, in ms: the store may be what failed. */
const GIVE_BACK_MS = 250;

/**
 * Does what a request asks after it has used something up. Only when the server could not do its work (503) is that
 * given back.
 * @throws what `work` throws
 */
export async function orGiveBack<Reply>(
  work: () => Promise<Reply>,
  giveBack: () => Promise<unknown>,
): Promise<Reply> {
  try {
    return await work();
  } catch (error) {
    if (toApiError(error).reason === 'serviceUnavailable') await giveBackSoon(giveBack());
    throw error;
  }
}

/**
 * Waits a moment for a step that gives back what a failed request used up. The store does it later if it must,
 * unless this server ends before.
 */
export async function giveBackSoon(step: Promise<unknown>): Promise<void> {
  await withTimeout(GIVE_BACK_MS, step).catch(() => {});
}
