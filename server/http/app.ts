import { Readable } from 'node:stream';
import cors from '@koa/cors';
import type Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import { createClientContext } from '../client-context.js';
import { logRequest } from '../logs/request-log.js';
import type { RequestState } from '../logs/security-log.js';
import { HEALTH_CHECKS } from '../routes/health-and-metrics.js';
import type { Services } from '../services.js';
import { createSourceReader } from './client-source.js';
import type { Connections } from './connections.js';
import { discardBody, replyBeforeBody } from './early-reply.js';
import { toApiError } from './error-translation.js';
import { ApiError, errorReply } from './errors.js';
import { heldMs } from './load-shedding.js';
import { API_HEADERS, standardHeaders } from './standard-headers.js';

export function createApp(services: Services, router: Router, connections: Connections): Koa {
  const app = new Koa();
  // Koa's own error handler sees only broken event streams and replies to disconnected clients.
  app.on('error', (error) => services.log.debug({ event: 'connectionLost', err: error }));
  app.use(logRequest(services));
  app.use(setHeaders(services, connections));
  app.use(answerErrors(services));
  app.use(refuseMalformed);
  app.use(countRequests(services));
  app.use(allowOrigins());
  app.use(router.routes());
  app.use(refuseUnrouted);
  return app;
}

function setHeaders({ now, config }: Services, connections: Connections) {
  const headers = standardHeaders(config.publicUrl);
  return async (ctx: Context, next: Next) => {
    ctx.set('Timestamp', String(Math.floor(now() / 1000)));
    ctx.set(headers);
    await next();
    if (connections.endsWith(ctx.res)) ctx.set('Connection', 'close');
  };
}

/** Answers errors in the API's JSON form (docs/protocol.md, "Errors"). Causes are only logged. */
function answerErrors({ log, config: { publicUrl } }: Services) {
  return async (ctx: Context, next: Next) => {
    try {
      await next();
    } catch (error) {
      const apiError = toApiError(error);
      const { id, traceId } = ctx.state;
      if (apiError.status >= 500 && apiError.cause)
        log.error({ event: 'failed', id, traceId, err: apiError.cause });
      if (apiError.details.retryAfter !== undefined)
        ctx.set('Retry-After', String(apiError.details.retryAfter));
      ctx.state.errno = apiError.errno;
      ctx.status = apiError.status;
      const reply = errorReply(apiError, publicUrl);
      if (!ctx.req.complete) answerBeforeBody(ctx, reply);
      else {
        discardBody(ctx.req);
        ctx.type = 'json';
        ctx.body = reply;
      }
    }
  };
}

function answerBeforeBody(ctx: Context, reply: string): void {
  ctx.type = 'json';
  ctx.body = Readable.from(replyBeforeBody(reply, ctx.req));
  ctx.length = Buffer.byteLength(reply);
}

/** Node's parser accepts no Host or two (RFC 9112, 3.2), and an invalid URL. */
function refuseMalformed(ctx: Context, next: Next): Promise<void> {
  const { httpVersion, headersDistinct } = ctx.req;
  const hosts = headersDistinct.host?.length ?? 0;
  if (!hasPath(ctx) || hosts > 1 || (httpVersion === '1.1' && hosts === 0)) {
    ctx.set('Connection', 'close');
    throw new ApiError('badRequest');
  }
  return next();
}

/** Koa parses an absolute target with `url.parse`, which warns of an invalid one (DEP0170) and will throw. */
function hasPath({ url }: Context): boolean {
  return url.startsWith('/') || !url.includes('://') || URL.canParse(url);
}

/** Counts every request except health checks, which must not fail when a source exceeds its limit. */
function countRequests({ limits, log, config }: Services) {
  const readSource = createSourceReader(config.trustProxy);
  return async (ctx: Context, next: Next) => {
    // Set before the limit, so that scripts of other origins can read the 429.
    if (ctx.path.startsWith('/v1/')) ctx.set(API_HEADERS);
    const source = readSource(ctx.req);
    ctx.state.client = createClientContext(log, ctx.state as RequestState, {
      source,
      heldMs: heldMs.get(ctx.req) ?? 0,
    });
    if (!HEALTH_CHECKS.includes(ctx.path)) await limits.countRequest(ctx.state.client);
    await next();
  };
}

function allowOrigins() {
  const openCors = cors({
    origin: '*',
    allowMethods: 'GET,POST',
    allowHeaders: 'Authorization,Content-Type,Accept',
    exposeHeaders: API_HEADERS['Access-Control-Expose-Headers'],
    maxAge: 86_400,
  });
  return (ctx: Context, next: Next) => (ctx.path.startsWith('/v1/') ? openCors(ctx, next) : next());
}

function refuseUnrouted(ctx: Context): void {
  // @koa/router sets `matched`; Koa's own Context type does not know it.
  const matched = (ctx as unknown as { matched?: Array<{ methods: string[] }> }).matched ?? [];
  const methods = new Set(matched.flatMap((layer) => layer.methods));
  if (methods.size === 0) throw new ApiError('notFound');
  if (methods.has(ctx.method)) return;
  ctx.set('Allow', [...methods].join(', '));
  throw new ApiError('methodNotAllowed');
}
