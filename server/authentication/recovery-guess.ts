import type { Services } from '../services.js';
import { orGiveBack, TOKEN_LIFE_S } from './tokens.js';

/**
 * Counts a guess of a recovery code, then looks at it: of many guesses at once, three are looked at. Only when
 * the server could not do its work (503) is the guess not counted.
 * @param look given how many guesses there are, this one included
 * @throws what `look` throws
 */
export async function countRecoveryGuess<Reply>(
  { storage: { tokens } }: Services,
  tokenID: string,
  look: (guesses: number) => Promise<Reply>,
): Promise<Reply> {
  const { guesses, claim } = await tokens.countGuess(tokenID, TOKEN_LIFE_S.forgotPasswordToken);
  return orGiveBack(
    () => look(guesses),
    () => tokens.takeBackGuess(tokenID, claim),
  );
}
