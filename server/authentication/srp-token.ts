import type { Stored } from '../../storage/tokens/token-store.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { orGiveBack } from './tokens.js';

/**
 * Takes an srpToken out of the store, then finishes the exchange: whatever the proof turns out to be, the
 * token is gone, so that a password can be guessed once for each auth/start. Only when the server could
 * not do its work (503) is it given back.
 * @throws ApiError 110 when the token is unknown, expired or used; what `finish` throws
 * @see protocol.md, "SRP-6a/SHA256/2048/v1"
 */
export async function takeSrpToken<Reply>(
  { storage: { tokens } }: Services,
  srpToken: string,
  finish: (exchange: Stored<'srpToken'>) => Promise<Reply>,
): Promise<Reply> {
  const exchange = await tokens.take('srpToken', srpToken);
  if (!exchange) throw new ApiError('invalidToken');
  return orGiveBack(
    () => finish(exchange),
    () => tokens.restore('srpToken', srpToken, exchange.claim),
  );
}
