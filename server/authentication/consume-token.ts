import type { HawkTokenType } from '../../protocol/tokens.js';
import type { Stored } from '../../storage/tokens/token-store.js';
import type { ClientContext } from '../client-context.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { TOKEN_LIFE_S } from './tokens.js';

/** Token types that authenticate one request. */
export type SingleUseTokenType = Exclude<HawkTokenType, 'sessionToken' | 'forgotPasswordToken'>;

/**
 * Consumes a single-use token (docs/protocol.md, "Tokens"). A wrong SRP proof also consumes its srpToken, so
 * that each auth/start allows one guess.
 * @throws ApiError 110 when the token is unknown, expired or used
 */
export async function consumeToken<Kind extends SingleUseTokenType | 'srpToken'>(
  { storage: { tokens } }: Services,
  { compensations }: ClientContext,
  kind: Kind,
  id: string,
): Promise<Stored<Kind>> {
  const taken = await tokens.take(kind, id);
  if (!taken) throw new ApiError('invalidToken');
  compensations.add(() => tokens.restore(kind, id, taken.claim));
  return taken;
}

/**
 * Counts a guess at a recovery code for its token and its account. Call it before the comparison, because
 * simultaneous guesses must not exceed the maximum. A 503 restores both. `guesses` includes this one.
 * @throws ApiError 114 when the account has had too many wrong codes
 */
export async function countRecoveryGuess(
  { storage: { tokens }, limits }: Services,
  client: ClientContext,
  { uid, tokenID }: { uid: string; tokenID: string },
): Promise<{ guesses: number; restoreAccountCount: () => Promise<void> }> {
  const countForToken = async () => {
    const { guesses, claim } = await tokens.countGuess(tokenID, TOKEN_LIFE_S.forgotPasswordToken);
    client.compensations.add(() => tokens.restoreGuess(tokenID, claim));
    return guesses;
  };
  const counts = [countForToken(), limits.countRecoveryCode(uid, client)] as const;
  // Wait for both, so that a 503 because of one restores the other.
  await Promise.allSettled(counts);
  const [guesses, restoreAccountCount] = await Promise.all(counts);
  return { guesses, restoreAccountCount };
}
