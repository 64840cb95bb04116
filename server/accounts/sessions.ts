import { randomUUID } from 'node:crypto';
import type { DeviceType } from '../../protocol/devices.js';
import { toHex } from '../../protocol/hex.js';
import { mintToken } from '../authentication/tokens.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { requireAccountOfToken } from './account-lookup.js';

const RETRY_AFTER_LEAVING_S = 1;

/**
 * Opens a session for an account whose password was proven. No session stays of a client that does not receive its
 * token: it would count against the account's limit until it is idle for long enough.
 * @param signal aborted when the client leaves before its reply is written to the end
 * @returns the sessionToken, 32 bytes, and whether the account's address is verified
 * @throws ApiError 115 when the account has all the sessions it may have, 110 when its password was set
 *   since, 102 when it is gone
 */
export async function openSession(
  services: Services,
  { uid, generation }: { uid: string; generation: number },
  device: { name: string; type: DeviceType } | undefined,
  signal: AbortSignal,
): Promise<{ sessionToken: Uint8Array; verified: boolean }> {
  const { sessions } = services.storage;
  requirePresence(signal);
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
  const outcome = await sessions.create(session, services.config.maxSessions);
  if (outcome === 'tooMany') throw new ApiError('tooManySessions');
  if (outcome === 'accountChanged') {
    await requireAccountOfToken(services, { uid, generation });
    throw new ApiError('invalidToken');
  }
  signal.addEventListener('abort', () => void sessions.abandon(session.tokenID));
  if (signal.aborted) await sessions.abandon(session.tokenID);
  requirePresence(signal);
  return { sessionToken: token, verified: outcome.verified };
}

/** @throws ApiError 201, which nobody reads, when the client has left */
function requirePresence({ aborted }: AbortSignal): void {
  if (aborted) throw new ApiError('serviceUnavailable', { retryAfter: RETRY_AFTER_LEAVING_S });
}
