import { randomUUID } from 'node:crypto';
import type { Context, Next } from 'koa';
import { heldMs } from '../http/load-shedding.js';
import type { Services } from '../services.js';
import { readTraceId } from './trace-context.js';

/** Logged status when the client disconnected before the reply; the same as in nginx. */
export const CLIENT_LEFT = 499;

interface RequestEnd {
  id: string;
  traceId?: string | undefined;
  method: string;
  /** As declared; `undefined` for an unknown path. */
  path: string | undefined;
  status: number;
  errno?: number | undefined;
  ms: number;
  uid?: string | undefined;
  streamed?: boolean;
}

/** Logs and counts a request. The line never has the path as sent, the query or the body. */
export function recordRequest({ log, metrics }: Pick<Services, 'log' | 'metrics'>, end: RequestEnd): void {
  const { id, traceId, method, path, status, errno, ms, uid, streamed = false } = end;
  const route = path ? `${method} ${path}` : 'none';
  log.info({ event: 'request', id, traceId, route, status, errno, ms: Math.round(ms * 10) / 10, uid });
  metrics.observeRequest({ method, route: path ?? 'none', status, errno: errno ?? 0, ms, streamed });
}

export function logRequest(services: Services) {
  return async (ctx: Context, next: Next) => {
    const startedMs = performance.now() - (heldMs.get(ctx.req) ?? 0);
    ctx.state.id = randomUUID();
    ctx.state.traceId = readTraceId(ctx.headers.traceparent);
    const record = () => {
      const { method, res } = ctx;
      const { id, traceId, errno, uid } = ctx.state;
      recordRequest(services, {
        id,
        traceId,
        method,
        path: pathOf(ctx),
        status: res.headersSent ? res.statusCode : CLIENT_LEFT,
        errno,
        ms: performance.now() - startedMs,
        uid,
        streamed: res.getHeader('Content-Type')?.toString().startsWith('text/event-stream') ?? false,
      });
    };
    ctx.res.once('close', record);
    await next();
  };
}

function pathOf(ctx: Context): string | undefined {
  // @koa/router sets `_matchedRoute`; Koa's own Context type does not know it.
  return (ctx as unknown as { _matchedRoute?: string })._matchedRoute;
}
