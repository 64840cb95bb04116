import { randomBytes } from 'node:crypto';
import { toHex } from '../../protocol/hex.js';
import { deriveTokenKeys, type HawkTokenType, TOKEN_BYTES } from '../../protocol/tokens.js';
import type { TokenKind, TokenRecords } from '../../storage/tokens/token-store.js';
import type { Services } from '../services.js';

/** See docs/protocol.md, "Tokens". */
export const TOKEN_LIFE_S: Readonly<Record<TokenKind, number>> = {
  srpToken: 60,
  authToken: 10 * 60,
  keyFetchToken: 10 * 60,
  accountResetToken: 15 * 60,
  forgotPasswordToken: 15 * 60,
};

export function mintToken(type: HawkTokenType) {
  const token = new Uint8Array(randomBytes(TOKEN_BYTES));
  return { token, ...deriveTokenKeys(type, token) };
}

type MintedKind = Exclude<HawkTokenType, 'sessionToken'>;

type TokenFacts<Kind extends MintedKind> = Omit<TokenRecords[Kind], 'reqHMACkey' | 'requestKey' | 'token'>;

/** @returns the token, 32 bytes, and its tokenID in hex. @throws StoreUnavailableError */
export async function issueToken<Kind extends MintedKind>(
  services: Services,
  kind: Kind,
  facts: TokenFacts<Kind>,
): Promise<{ token: Uint8Array; tokenID: string }> {
  const { token, tokenID, reqHMACkey, requestKey } = mintToken(kind);
  const keys = { reqHMACkey: toHex(reqHMACkey), requestKey: toHex(requestKey) };
  // resend_code returns the forgotPasswordToken again, so this token itself is stored.
  const record = { ...facts, ...keys, ...(kind === 'forgotPasswordToken' && { token: toHex(token) }) };
  await services.storage.tokens.put(
    kind,
    toHex(tokenID),
    // TypeScript does not see that Omit and the keys make up TokenRecords[Kind].
    record as unknown as TokenRecords[Kind],
    TOKEN_LIFE_S[kind],
  );
  return { token, tokenID: toHex(tokenID) };
}
