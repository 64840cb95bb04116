import * as hawk from 'hawk';

/** Accepted clock skew of clients, in seconds (docs/protocol.md, "Hawk, on this server"). */
export const TIMESTAMP_SKEW_S = 60;
const MAX_NONCE_LENGTH = 255;

/** The signed parts of a request. URL, host and port are those of the public URL. */
export interface HawkRequest {
  method: string;
  url: string;
  host: string;
  port: number;
  authorization: string;
  contentType: string;
}

export interface HawkHeader {
  id: string;
  ts: string;
  nonce: string;
  hash?: string;
}

export interface HawkKey {
  key: Buffer;
  algorithm: 'sha256';
}

/** `tsm`: a WWW-Authenticate header with the server's time, signed for the client. */
export type Verification<Found> =
  | { outcome: 'valid'; found: Found; header: HawkHeader }
  | { outcome: 'unknownId' }
  | { outcome: 'staleTimestamp'; tsm: string | undefined }
  | { outcome: 'invalid' };

/** Types of hawk's functions. @types/hawk lacks plain request objects, binary keys and binary payloads. */
interface HawkServer {
  authenticate<Found extends HawkKey>(
    request: HawkRequest,
    find: (id: string) => Promise<Found | null>,
    options: { timestampSkewSec: number; localtimeOffsetMsec: number },
  ): Promise<{ credentials: Found; artifacts: HawkHeader }>;
  authenticatePayload(payload: Buffer | '', key: HawkKey, header: HawkHeader, contentType: string): void;
}

const hawkServer = hawk.server as unknown as HawkServer;

/** Verifies MAC and timestamp. `find` gets the id in lower case. @throws what `find` throws */
export async function verifySignature<Found extends HawkKey>(
  request: HawkRequest,
  find: (id: string) => Promise<Found | null>,
  nowMs: number,
): Promise<Verification<Found>> {
  // hawk replaces errors of its callback. A store failure must reach the caller, which answers 503.
  let failure: unknown;
  const findOrKeepError = (id: string) =>
    find(id.toLowerCase()).catch((error) => {
      failure = error;
      return null;
    });
  try {
    const { credentials, artifacts } = await hawkServer.authenticate(request, findOrKeepError, {
      timestampSkewSec: TIMESTAMP_SKEW_S,
      localtimeOffsetMsec: nowMs - Date.now(),
    });
    const { id, ts, nonce } = artifacts;
    // hawk does not validate the timestamp, and NaN is never stale.
    if (!/^[0-9]{1,12}$/.test(ts) || nonce.length > MAX_NONCE_LENGTH) return { outcome: 'invalid' };
    return { outcome: 'valid', found: credentials, header: { ...artifacts, id: id.toLowerCase() } };
  } catch (error) {
    if (failure !== undefined) throw failure;
    return toVerification(error as HawkError);
  }
}

export function isPayloadHashed(
  body: Buffer | undefined,
  key: HawkKey,
  header: HawkHeader,
  contentType: string,
): boolean {
  try {
    hawkServer.authenticatePayload(body ?? '', key, header, contentType);
    return true;
  } catch {
    return false;
  }
}

interface HawkError extends Error {
  output?: { headers?: Record<string, string> };
}

function toVerification({ message, output }: HawkError): Verification<never> {
  if (message === 'Unknown credentials') return { outcome: 'unknownId' };
  if (message !== 'Stale timestamp') return { outcome: 'invalid' };
  return { outcome: 'staleTimestamp', tsm: output?.headers?.['WWW-Authenticate'] };
}
