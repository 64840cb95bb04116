import type { Context } from 'koa';
import getRawBody from 'raw-body';
import { ApiError } from './errors.js';
import { type ParsedBody, parsePasswordBody } from './password-fields.js';

/** The largest body taken, in bytes (docs/protocol.md, "Bodies"). */
export const MAX_BODY_BYTES = 64 * 1024;

/** A request's body: its bytes, for the payload hash, and what they say. */
export interface RequestBody {
  /** `undefined` when the request has no body. */
  raw: Buffer | undefined;
  /** Passwords in it are bytes. */
  json: unknown;
  /** Wipes the bytes of the body and of its passwords. */
  wipe(): void;
}

/**
 * Reads and parses a request's body.
 * @param required whether a request without any is refused
 * @throws ApiError 106, 112 or 113 (docs/protocol.md, "Bodies")
 */
export async function readRequestBody(ctx: Context, required: boolean): Promise<RequestBody> {
  const { 'content-length': length, 'transfer-encoding': transferEncoding } = ctx.req.headers;
  if (transferEncoding !== undefined) throw new ApiError('missingContentLength');
  if (length === undefined && required) throw new ApiError('missingContentLength');
  if (length === undefined || Number(length) === 0) return { raw: undefined, json: {}, wipe() {} };
  if (Number(length) > MAX_BODY_BYTES) throw new ApiError('bodyTooLarge');
  if (!isJson(ctx)) throw new ApiError('invalidJson');
  const chunks: Buffer[] = [];
  try {
    const raw = await readBytes(ctx, Number(length), chunks);
    chunks.push(raw);
    const { json, passwords } = parseJson(raw);
    return { raw, json, wipe: () => wipe([...chunks, ...passwords]) };
  } catch (error) {
    wipe(chunks);
    throw error;
  }
}

/** Clients of 2013 send JSON without a Content-Type. */
function isJson(ctx: Context): boolean {
  const { 'content-type': type, 'content-encoding': encoding } = ctx.req.headers;
  return !encoding && (type === undefined || Boolean(ctx.is('application/json')));
}

/** @param chunks filled with the parts of the body as they arrive */
async function readBytes(ctx: Context, length: number, chunks: Buffer[]): Promise<Buffer> {
  ctx.req.on('data', (chunk) => chunks.push(chunk));
  try {
    return await getRawBody(ctx.req, { length, limit: MAX_BODY_BYTES });
  } catch (error) {
    // The client sent another length than it declared.
    throw new ApiError('invalidJson', {}, { cause: error });
  }
}

function parseJson(raw: Buffer): ParsedBody {
  try {
    return parsePasswordBody(raw);
  } catch {
    throw new ApiError('invalidJson');
  }
}

function wipe(secrets: Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
