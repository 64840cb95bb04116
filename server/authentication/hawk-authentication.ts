import type { Context } from 'koa';
import type { HawkTokenType } from '../../protocol/tokens.js';
import type { Session } from '../../storage/sessions.js';
import type { Stored } from '../../storage/tokens/token-store.js';
import type { ClientContext } from '../client-context.js';
import { ApiError } from '../http/errors.js';
import type { RequestBody } from '../http/request-body.js';
import type { Services } from '../services.js';
import { consumeToken, type SingleUseTokenType } from './consume-token.js';
import {
  type HawkHeader,
  type HawkKey,
  type HawkRequest,
  isPayloadHashed,
  TIMESTAMP_SKEW_S,
  verifySignature,
} from './hawk-signature.js';

/** A timestamp is valid for at most twice the skew. */
const NONCE_TTL_S = 2 * TIMESTAMP_SKEW_S + 1;
/** Age at which lastAccessTime is updated. Most requests then write nothing. */
const TOUCH_INTERVAL_MS = 10 * 60 * 1000;

type Identified<Kind extends SingleUseTokenType | 'forgotPasswordToken'> = Stored<Kind> & { tokenID: string };

interface CredentialsByType {
  sessionToken: Session;
  forgotPasswordToken: Identified<'forgotPasswordToken'>;
  authToken: Identified<'authToken'>;
  keyFetchToken: Identified<'keyFetchToken'>;
  accountResetToken: Identified<'accountResetToken'>;
}

export type Credentials<Type extends HawkTokenType> = CredentialsByType[Type];

export interface SignedRequest {
  services: Services;
  ctx: Context;
  client: ClientContext;
  /** `undefined` for a GET, whose body is not read. */
  body: RequestBody | undefined;
  requiresPayloadHash?: boolean | undefined;
}

/**
 * Checks MAC, timestamp and payload hash, then claims the nonce or consumes a single-use token. A request
 * that fails before this last step consumes nothing.
 * @throws ApiError 109, 110 or 111 (docs/protocol.md, "Hawk, on this server")
 */
export function authenticate<Type extends HawkTokenType>(
  type: Type,
  request: SignedRequest,
): Promise<Credentials<Type>> {
  return AUTHENTICATORS[type](request);
}

const AUTHENTICATORS: { [Type in HawkTokenType]: (request: SignedRequest) => Promise<Credentials<Type>> } = {
  sessionToken: authenticateSession,
  forgotPasswordToken: authenticateRecovery,
  authToken: (request) => authenticateOnce(request, 'authToken'),
  keyFetchToken: (request) => authenticateOnce(request, 'keyFetchToken'),
  accountResetToken: (request) => authenticateOnce(request, 'accountResetToken'),
};

async function authenticateSession(request: SignedRequest): Promise<Session> {
  const { services } = request;
  const { sessions } = services.storage;
  const { record: session, header } = await verify(request, async (id) => {
    const session = await sessions.find(id);
    return session && toKey(Buffer.from(session.reqHMACkey), session);
  });
  await claimNonce(services, session, header);
  const { tokenID, lastAccessAt } = session;
  if (services.now() - lastAccessAt > TOUCH_INTERVAL_MS) sessions.touch(tokenID, services.now());
  return session;
}

async function authenticateRecovery(request: SignedRequest): Promise<Identified<'forgotPasswordToken'>> {
  const { record, header } = await verify(request, (id) => findToken(request, 'forgotPasswordToken', id));
  const token = { ...record, tokenID: header.id };
  await claimNonce(request.services, token, header);
  return token;
}

async function authenticateOnce<Kind extends SingleUseTokenType>(
  request: SignedRequest,
  kind: Kind,
): Promise<Identified<Kind>> {
  const { header } = await verify(request, (id) => findToken(request, kind, id));
  const taken = await consumeToken(request.services, request.client, kind, header.id);
  return Object.assign({}, taken, { tokenID: header.id });
}

interface FoundKey<Record> extends HawkKey {
  record: Record;
}

function toKey<Record>(key: Buffer, record: Record): FoundKey<Record> {
  return { key, algorithm: 'sha256', record };
}

async function findToken<Kind extends SingleUseTokenType | 'forgotPasswordToken'>(
  { services: { storage } }: SignedRequest,
  kind: Kind,
  tokenID: string,
): Promise<FoundKey<Stored<Kind>> | undefined> {
  const record = await storage.tokens.get(kind, tokenID);
  return record && toKey(Buffer.from(record.reqHMACkey, 'hex'), record);
}

async function verify<Record>(
  { services, ctx, body, requiresPayloadHash }: SignedRequest,
  find: (tokenID: string) => Promise<FoundKey<Record> | undefined>,
): Promise<{ record: Record; header: HawkHeader }> {
  const request = readSignedRequest(services, ctx);
  const findKey = async (id: string) => (/^[0-9a-f]{64}$/.test(id) ? ((await find(id)) ?? null) : null);
  const result = await verifySignature(request, findKey, services.now());
  if (result.outcome === 'unknownId') throw new ApiError('invalidToken');
  if (result.outcome === 'staleTimestamp') {
    // Hawk clients correct their clocks by this signed time.
    if (result.tsm) ctx.set('WWW-Authenticate', result.tsm);
    throw new ApiError('invalidTimestamp', { serverTime: Math.floor(services.now() / 1000) });
  }
  if (result.outcome === 'invalid') throw new ApiError('invalidSignature');
  const { found, header } = result;
  if (body && (header.hash || requiresPayloadHash)) {
    if (!header.hash || !isPayloadHashed(body.raw, found, header, request.contentType)) {
      throw new ApiError('invalidSignature');
    }
  }
  return { record: found.record, header };
}

/** @throws ApiError 110 without a Hawk header */
function readSignedRequest({ config }: Services, { req }: Context): HawkRequest {
  const { authorization, 'content-type': contentType = '' } = req.headers;
  if (!authorization || !/^hawk(\s|$)/i.test(authorization)) throw new ApiError('invalidToken');
  const publicUrl = new URL(config.publicUrl);
  return {
    method: req.method ?? '',
    url: publicUrl.pathname.replace(/\/$/, '') + req.url,
    host: publicUrl.hostname,
    port: Number(publicUrl.port || (publicUrl.protocol === 'https:' ? 443 : 80)),
    authorization,
    contentType,
  };
}

/** @throws ApiError 109 when the nonce was used before with this token */
async function claimNonce(
  { storage }: Services,
  token: { uid: string; tokenID: string },
  { nonce, ts }: HawkHeader,
): Promise<void> {
  const isFresh = await storage.tokens.claimNonce(token, nonce, Number(ts), NONCE_TTL_S);
  if (!isFresh) throw new ApiError('invalidSignature');
}
