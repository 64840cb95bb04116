import { randomUUID } from 'node:crypto';
import { toHex } from '../../protocol/hex.js';
import type { DeviceType } from '../../storage/sessions.js';
import { mintToken } from '../authentication/tokens.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { requireAccountFor } from './accounts.js';

/**
 * Opens a session for an account whose password was proven.
 * @returns the sessionToken, 32 bytes, and whether the account's address is verified
 * @throws ApiError 115 when the account has all the sessions it may have, 110 when its password was set
 *   since, 102 when it is gone
 */
export async function openSession(
  services: Services,
  { uid, generation }: { uid: string; generation: number },
  device: { name: string; type: DeviceType } | undefined,
): Promise<{ sessionToken: Uint8Array; verified: boolean }> {
  const { token, tokenID, reqHMACkey } = mintToken('sessionToken');
  const session = {
    tokenID: toHex(tokenID),
    reqHMACkey,
    uid,
    generation,
    deviceId: randomUUID(),
    deviceName: device?.name ?? null,
    deviceType: device?.type ?? null,
    createdAt: services.now(),
  };
  const outcome = await services.storage.sessions.create(session, services.config.maxSessions);
  if (outcome === 'tooMany') throw new ApiError('tooManySessions');
  if (outcome === 'accountChanged') {
    await requireAccountFor(services, { uid, generation });
    throw new ApiError('invalidToken');
  }
  return { sessionToken: token, verified: outcome.verified };
}
