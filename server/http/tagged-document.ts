import { createHash } from 'node:crypto';
import type { Context } from 'koa';

export interface TaggedDocument {
  content: Buffer;
  etag: string;
}

export function tagDocument(text: string): TaggedDocument {
  const content = Buffer.from(text);
  return { content, etag: createHash('sha256').update(content).digest('base64url') };
}

/** Sends a document, or 304 when the client has it. Clients revalidate every time, so that versions do not mix. */
export function sendUnlessKnown(ctx: Context, type: string, { content, etag }: TaggedDocument): void {
  ctx.set('Cache-Control', 'no-cache');
  ctx.etag = etag;
  ctx.type = type;
  ctx.status = 200;
  if (ctx.fresh) ctx.status = 304;
  else ctx.body = content;
}
