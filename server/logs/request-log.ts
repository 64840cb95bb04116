import { randomUUID } from 'node:crypto';
import type { Context, Next } from 'koa';
import type { Connections } from '../http/connections.js';
import type { Services } from '../services.js';
import { readTraceId } from './trace-context.js';

/** The status of a request whose client did not wait for its reply; nginx logs the same number. */
const CLIENT_LEFT = 499;

/**
 * One line a request, and one count: which route, how it ended, how long it took, for whom. Never a path, query
 * or body.
 */
export function logRequest({ log, metrics }: Services, connections: Connections) {
  return async (ctx: Context, next: Next) => {
    const arrivedMs = connections.arrivedMs(ctx.res);
    ctx.state.id = randomUUID();
    ctx.state.traceId = readTraceId(ctx.headers.traceparent);
    const tell = () => {
      const ms = arrivedMs === undefined ? 0 : performance.now() - arrivedMs;
      const { method, res } = ctx;
      const { id, traceId, errno, uid } = ctx.state;
      const path = pathOf(ctx);
      const status = res.headersSent ? res.statusCode : CLIENT_LEFT;
      log.info({
        event: 'request',
        id,
        traceId,
        route: path ? `${method} ${path}` : 'none',
        status,
        errno,
        ms: Math.round(ms * 10) / 10,
        uid,
      });
      metrics.observeRequest({
        method,
        route: path ?? 'none',
        status,
        errno: errno ?? 0,
        ms,
        streamed: res.getHeader('Content-Type')?.toString().startsWith('text/event-stream') ?? false,
      });
    };
    if (arrivedMs !== undefined) ctx.res.once('close', tell);
    await next();
    // It was closed before its turn came.
    if (arrivedMs === undefined) tell();
  };
}

/** The path as it is declared; what a client made up is none. */
function pathOf(ctx: Context): string | undefined {
  return (ctx as unknown as { _matchedRoute?: string })._matchedRoute;
}
