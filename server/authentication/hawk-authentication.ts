import * as hawk from 'hawk';
import type { Context } from 'koa';
import type { HawkTokenType } from '../../protocol/tokens.js';
import type { Session } from '../../storage/sessions.js';
import type { Stored } from '../../storage/tokens/token-store.js';
import { ApiError } from '../http/errors.js';
import type { RequestBody } from '../http/request-body.js';
import type { Services } from '../services.js';
import { giveBackSoon } from './tokens.js';

/** How far a client's clock may be off, in seconds (protocol.md, "Hawk, on this server"). */
export const TIMESTAMP_SKEW_S = 60;
/** A nonce matters while its timestamp is inside the window: twice the skew at the most. */
const NONCE_TTL_S = 2 * TIMESTAMP_SKEW_S + 1;
const MAX_NONCE_LENGTH = 255;
/** How old lastAccessTime may be before it is written again, in ms: not every request shall write. */
const TOUCH_INTERVAL_MS = 10 * 60 * 1000;

/** What a proven token stands for. */
export type Credentials<Type extends HawkTokenType> = Type extends 'sessionToken'
  ? Session
  : Type extends Exclude<HawkTokenType, 'sessionToken'>
    ? Stored<Type> & { tokenID: string; claim?: string }
    : never;

/**
 * Authenticates a request with a token of one type: MAC, payload hash, time, then the nonce or, of a
 * single-use token, the token itself. What fails before that last step consumes nothing.
 * @throws ApiError 109, 110 or 111
 * @see protocol.md, "Hawk, on this server"
 */
export async function authenticate<Type extends HawkTokenType>(
  services: Services,
  ctx: Context,
  type: Type,
  body: RequestBody | undefined,
): Promise<Credentials<Type>> {
  const { tokens, sessions } = services.storage;
  const { credentials, artifacts } = await verifySignature(services, ctx, type);
  if (body) checkPayload(ctx, body, credentials, artifacts);
  const { token } = credentials;
  if (type === 'sessionToken' || type === 'forgotPasswordToken') {
    const fresh = await tokens.claimNonce(token, artifacts.nonce, Number(artifacts.ts), NONCE_TTL_S);
    if (!fresh) throw new ApiError('invalidSignature');
  } else {
    const taken = await tokens.take(type as Exclude<HawkTokenType, 'sessionToken'>, artifacts.id);
    if (!taken) throw new ApiError('invalidToken');
    return { ...taken, tokenID: artifacts.id } as unknown as Credentials<Type>;
  }
  if (type === 'sessionToken') {
    const { tokenID, lastAccessAt } = token as Session;
    if (services.now() - lastAccessAt > TOUCH_INTERVAL_MS) sessions.touch(tokenID, services.now());
  }
  return token as Credentials<Type>;
}

/** Gives a single-use token back to a request that the server could not serve. */
export async function giveBack<Type extends HawkTokenType>(
  services: Services,
  type: Type,
  credentials: Credentials<Type>,
): Promise<void> {
  if (type === 'sessionToken' || type === 'forgotPasswordToken') return;
  const { tokenID, claim } = credentials as Credentials<'authToken'>;
  if (claim) await giveBackSoon(services.storage.tokens.restore(type, tokenID, claim));
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
  // hawk wraps what its callback throws; a store's failure must come out as itself.
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
    // hawk computes with whatever text stands for the time, and NaN is never stale.
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
  // The server's time, signed with the client's key: what Hawk clients correct their clock by.
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

/** A POST's body must be signed, unless there is none or it is `{}`. */
function checkPayload(
  ctx: Context,
  body: RequestBody,
  credentials: FoundCredentials,
  artifacts: HawkArtifacts,
): void {
  if (!artifacts.hash) {
    if (body.raw && body.raw.toString('latin1').trim() !== '{}') throw new ApiError('invalidSignature');
    return;
  }
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
