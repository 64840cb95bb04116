import { randomUUID } from 'node:crypto';
import type { DeviceType } from '../../protocol/devices.js';
import { toHex } from '../../protocol/hex.js';
import { mintToken } from '../authentication/tokens.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';
import { requireAccountOfToken } from './account-lookup.js';

const RETRY_AFTER_S = 1;

/**
 * Opens a session, and removes it when the client disconnects before the reply: it would count against the
 * session limit until it expires.
 * @returns the sessionToken, 32 bytes, and whether the account's address is verified
 * @throws ApiError 115 at the session limit, 110 after a change of password, 102 when the account is gone
 */
export async function openSession(
  services: Services,
  { uid, generation }: { uid: string; generation: number },
  device: { name: string; type: DeviceType } | undefined,
  signal: AbortSignal,
): Promise<{ sessionToken: Uint8Array; verified: boolean }> {
  const { sessions } = services.storage;
  requireConnected(signal);
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
  requireConnected(signal);
  return { sessionToken: token, verified: outcome.verified };
}

function requireConnected({ aborted }: AbortSignal): void {
  if (aborted) throw new ApiError('serviceUnavailable', { retryAfter: RETRY_AFTER_S });
}
