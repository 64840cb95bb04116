import * as hawk from 'hawk';
import type { Context } from 'koa';
import type { HawkTokenType } from '../../protocol/tokens.js';
import type { Session } from '../../storage/sessions.js';
import type { Stored } from '../../storage/tokens/token-store.js';
import type { ClientContext } from '../client-context.js';
import { ApiError } from '../http/errors.js';
import type { RequestBody } from '../http/request-body.js';
import type { Services } from '../services.js';
import { consumeToken, type SingleUseTokenType } from './consume-token.js';

/** Accepted clock skew of clients, in seconds (protocol.md, "Hawk, on this server"). */
export const TIMESTAMP_SKEW_S = 60;
/** A timestamp is accepted for at most twice the skew. */
const NONCE_TTL_S = 2 * TIMESTAMP_SKEW_S + 1;
const MAX_NONCE_LENGTH = 255;
/** Age of lastAccessTime at which it is written again, in ms: most requests write nothing. */
const TOUCH_INTERVAL_MS = 10 * 60 * 1000;

/** The session or token record that authenticated a request. */
export type Credentials<Type extends HawkTokenType> = Type extends 'sessionToken'
  ? Session
  : Type extends Exclude<HawkTokenType, 'sessionToken'>
    ? Stored<Type> & { tokenID: string }
    : never;

/**
 * Authenticates a request with a token of one type: MAC, payload hash, timestamp, then the nonce. A single-use
 * token is consumed instead of a nonce. A request that fails before this last step consumes nothing.
 * @param requiresPayloadHash whether a signature without the body's hash is refused
 * @throws ApiError 109, 110 or 111
 * @see protocol.md, "Hawk, on this server"
 */
export async function authenticate<Type extends HawkTokenType>(
  services: Services,
  ctx: Context,
  type: Type,
  body: RequestBody | undefined,
  client: ClientContext,
  requiresPayloadHash = false,
): Promise<Credentials<Type>> {
  const { tokens, sessions } = services.storage;
  const { credentials, artifacts } = await verifySignature(services, ctx, type);
  if (body && (artifacts.hash || requiresPayloadHash)) checkPayload(ctx, body, credentials, artifacts);
  const { token } = credentials;
  if (type === 'sessionToken' || type === 'forgotPasswordToken') {
    const fresh = await tokens.claimNonce(token, artifacts.nonce, Number(artifacts.ts), NONCE_TTL_S);
    if (!fresh) throw new ApiError('invalidSignature');
  } else {
    const taken = await consumeToken(services, client, type as SingleUseTokenType, artifacts.id);
    return { ...taken, tokenID: artifacts.id } as unknown as Credentials<Type>;
  }
  if (type === 'sessionToken') {
    const { tokenID, lastAccessAt } = token as Session;
    if (services.now() - lastAccessAt > TOUCH_INTERVAL_MS) sessions.touch(tokenID, services.now());
  }
  return token as Credentials<Type>;
}

interface FoundCredentials {
  key: Buffer;
  algorithm: 'sha256';
  token: Session | { tokenID: string; uid: string };
}

async function verifySignature(services: Services, ctx: Context, type: HawkTokenType) {
  const authorization = ctx.req.headers.authorization;
  if (!authorization || !/^hawk(\s|$)/i.test(authorization)) throw new ApiError('invalidToken');
  const publicUrl = new URL(services.config.publicUrl);
  const request = {
    method: ctx.req.method as string,
    url: publicUrl.pathname.replace(/\/$/, '') + ctx.req.url,
    host: publicUrl.hostname,
    port: Number(publicUrl.port || (publicUrl.protocol === 'https:' ? 443 : 80)),
    authorization,
    contentType: ctx.req.headers['content-type'] ?? '',
  };
  // hawk wraps errors of its callback, but a store's failure must become a 503.
  let failure: unknown;
  const find = async (id: string): Promise<FoundCredentials | null> => {
    try {
      return await findCredentials(services, type, id.toLowerCase());
    } catch (error) {
      failure = error;
      return null;
    }
  };
  try {
    const { credentials, artifacts } = await hawk.server.authenticate(request as never, find as never, {
      timestampSkewSec: TIMESTAMP_SKEW_S,
      localtimeOffsetMsec: services.now() - Date.now(),
    });
    const { ts, nonce } = artifacts as unknown as HawkArtifacts;
    // hawk does not validate the timestamp, and NaN is never stale.
    if (!/^[0-9]{1,12}$/.test(ts) || nonce.length > MAX_NONCE_LENGTH) throw new ApiError('invalidSignature');
    return {
      credentials: credentials as unknown as FoundCredentials,
      artifacts: {
        ...(artifacts as unknown as HawkArtifacts),
        id: (artifacts as unknown as HawkArtifacts).id.toLowerCase(),
      },
    };
  } catch (error) {
    if (failure !== undefined) throw failure;
    throw toHawkError(error, ctx, services.now());
  }
}

interface HawkArtifacts {
  id: string;
  ts: string;
  nonce: string;
  hash?: string;
}

function toHawkError(error: unknown, ctx: Context, nowMs: number): ApiError {
  if (error instanceof ApiError) return error;
  const { message } = error as Error;
  if (message === 'Unknown credentials') return new ApiError('invalidToken');
  if (message !== 'Stale timestamp') return new ApiError('invalidSignature');
  // The server's time, signed with the client's key: Hawk clients correct their clocks by it.
  const headers = (error as { output?: { headers?: Record<string, string> } }).output?.headers;
  if (headers?.['WWW-Authenticate']) ctx.set('WWW-Authenticate', headers['WWW-Authenticate']);
  return new ApiError('invalidTimestamp', { serverTime: Math.floor(nowMs / 1000) });
}

async function findCredentials(
  services: Services,
  type: HawkTokenType,
  tokenID: string,
): Promise<FoundCredentials | null> {
  if (!/^[0-9a-f]{64}$/.test(tokenID)) return null;
  if (type === 'sessionToken') {
    const session = await services.storage.sessions.find(tokenID);
    return session ? { key: Buffer.from(session.reqHMACkey), algorithm: 'sha256', token: session } : null;
  }
  const stored = await services.storage.tokens.get(type, tokenID);
  if (!stored) return null;
  return { key: Buffer.from(stored.reqHMACkey, 'hex'), algorithm: 'sha256', token: { ...stored, tokenID } };
}

/** @throws ApiError 109 when the payload hash is missing or wrong */
function checkPayload(
  ctx: Context,
  body: RequestBody,
  credentials: FoundCredentials,
  artifacts: HawkArtifacts,
): void {
  if (!artifacts.hash) throw new ApiError('invalidSignature');
  try {
    hawk.server.authenticatePayload(
      (body.raw ?? '') as string,
      credentials as never,
      artifacts as never,
      ctx.req.headers['content-type'] ?? '',
    );
  } catch {
    throw new ApiError('invalidSignature');
  }
}
