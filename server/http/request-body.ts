import type { Context } from 'koa';
import { HttpMethodEnum, koaBody } from 'koa-body';
import { ApiError } from './errors.js';
import { type ParsedBody, parsePasswordBody } from './password-fields.js';

const JSON_TYPE = 'application/json';
/** See docs/protocol.md, "Bodies". */
export const MAX_BODY_BYTES = 64 * 1024;

const readBody = koaBody({
  text: true,
  textTypes: [JSON_TYPE],
  textLimit: MAX_BODY_BYTES,
  // Without an encoding the body stays a Buffer: the payload hash covers bytes, and strings cannot be wiped.
  encoding: '',
  json: false,
  urlencoded: false,
  multipart: false,
  // Defaults of koa-body, which the bundle leaves out.
  patchKoa: true,
  parsedMethods: [HttpMethodEnum.POST],
});

/** Bytes for the payload hash, and their JSON value. */
export interface RequestBody {
  raw: Buffer | undefined;
  /** Its passwords are Uint8Arrays. */
  json: unknown;
  /** Wipes the body and its passwords. */
  wipe(): void;
}

/** @throws ApiError 106, 112 or 113 (docs/protocol.md, "Bodies") */
export async function readRequestBody(ctx: Context, required: boolean): Promise<RequestBody> {
  const { 'content-length': length, 'transfer-encoding': transferEncoding } = ctx.req.headers;
  if (transferEncoding !== undefined) throw new ApiError('missingContentLength');
  if (length === undefined && required) throw new ApiError('missingContentLength');
  if (length === undefined || Number(length) === 0) return { raw: undefined, json: {}, wipe() {} };
  if (Number(length) > MAX_BODY_BYTES) throw new ApiError('bodyTooLarge');
  // Clients of 2013 send JSON without a Content-Type.
  ctx.req.headers['content-type'] ??= JSON_TYPE;
  if (!ctx.is(JSON_TYPE) || ctx.req.headers['content-encoding']) throw new ApiError('invalidJson');
  const chunks: Buffer[] = [];
  try {
    const raw = await readBytes(ctx, chunks);
    chunks.push(raw);
    const { json, passwords } = parseJson(raw);
    return { raw, json, wipe: () => wipe([...chunks, ...passwords]) };
  } catch (error) {
    wipe(chunks);
    throw error;
  }
}

/** Adds the parts of the body to `chunks`, which the caller wipes. */
async function readBytes(ctx: Context, chunks: Buffer[]): Promise<Buffer> {
  ctx.req.on('data', (chunk) => chunks.push(chunk));
  try {
    await readBody(ctx, async () => {});
  } catch (error) {
    // The body's length differs from Content-Length.
    throw new ApiError('invalidJson', {}, { cause: error });
  }
  // koa-body types every body as JSON.
  const body: unknown = ctx.request.body;
  if (!Buffer.isBuffer(body)) throw new ApiError('invalidJson');
  return body;
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
