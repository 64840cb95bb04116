import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { ApiError } from './errors.js';

/** The largest body taken, in bytes (protocol.md, "bodies"). */
export const MAX_BODY_BYTES = 64 * 1024;

/** A request's body: its bytes, for the payload hash, and what they say. */
export interface RequestBody {
  /** `undefined` when the request has no body. */
  raw: Buffer | undefined;
  json: unknown;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads and parses a request's body.
 * @param required whether a request without any is refused
 * @throws ApiError 106, 112 or 113 (protocol.md, "bodies")
 */
export async function readRequestBody(ctx: Context, required: boolean): Promise<RequestBody> {
  const { 'content-length': length, 'transfer-encoding': transferEncoding } = ctx.req.headers;
  if (transferEncoding !== undefined) throw new ApiError('missingContentLength');
  if (length === undefined && required) throw new ApiError('missingContentLength');
  if (length === undefined || Number(length) === 0) return { raw: undefined, json: {} };
  if (Number(length) > MAX_BODY_BYTES) throw new ApiError('bodyTooLarge');
  if (!isJson(ctx)) throw new ApiError('invalidJson');
  const raw = await readBytes(ctx, Number(length));
  return { raw, json: parseJson(raw) };
}

/** Clients of 2013 send JSON without a Content-Type. */
function isJson(ctx: Context): boolean {
  const { 'content-type': type, 'content-encoding': encoding } = ctx.req.headers;
  return !encoding && (type === undefined || Boolean(ctx.is('application/json')));
}

async function readBytes(ctx: Context, length: number): Promise<Buffer> {
  try {
    return await getRawBody(ctx.req, { length, limit: MAX_BODY_BYTES });
  } catch (error) {
    // The client sent another length than it declared.
    throw new ApiError('invalidJson', {}, { cause: error });
  }
}

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(decoder.decode(raw));
  } catch {
    throw new ApiError('invalidJson');
  }
}
