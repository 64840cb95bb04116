import type { HawkTokenType } from '../../protocol/tokens.js';
import type { Stored } from '../../storage/tokens/token-store.js';
import type { ClientContext } from '../client-context.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { TOKEN_LIFE_S } from './tokens.js';

/** Token types that authenticate one request. */
export type SingleUseTokenType = Exclude<HawkTokenType, 'sessionToken' | 'forgotPasswordToken'>;

/**
 * Takes a single-use token from the store. Only a 503 restores it. A failed SRP proof consumes its srpToken, so each
 * auth/start allows one guess.
 * @throws ApiError 110 when the token is unknown, expired or used
 * @see docs/protocol.md, "Tokens"
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
 * Counts a guess of a recovery code. Call it before the comparison: simultaneous guesses must not exceed the maximum.
 * Only a 503 restores the guess.
 * @returns the number of guesses with this token, including this one
 */
export async function countRecoveryGuess(
  { storage: { tokens } }: Services,
  { compensations }: ClientContext,
  tokenID: string,
): Promise<number> {
  const { guesses, claim } = await tokens.countGuess(tokenID, TOKEN_LIFE_S.forgotPasswordToken);
  compensations.add(() => tokens.restoreGuess(tokenID, claim));
  return guesses;
}
