import type { Context } from 'koa';
import { koaBody } from 'koa-body';
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

// Read as latin1, which keeps every byte: the payload hash is over bytes, and invalid UTF-8 must be
// refused rather than replaced.
const readText = koaBody({
  text: true,
  textTypes: ['application/json'],
  textLimit: MAX_BODY_BYTES,
  encoding: 'latin1',
  json: false,
  urlencoded: false,
  multipart: false,
});

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
  if (!ctx.is('application/json') || ctx.req.headers['content-encoding']) throw new ApiError('invalidJson');
  const raw = Buffer.from(await readLatin1(ctx), 'latin1');
  return { raw, json: parseJson(raw) };
}

async function readLatin1(ctx: Context): Promise<string> {
  try {
    await readText(ctx, async () => {});
  } catch (error) {
    // raw-body's errors: the client stopped half-way, or sent another length than it said.
    throw new ApiError('invalidJson', {}, { cause: error });
  }
  return ctx.request.body as string;
}

function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(decoder.decode(raw));
  } catch {
    throw new ApiError('invalidJson');
  }
}
