import { randomUUID } from 'node:crypto';
import type { Context, Next } from 'koa';
import type { Services } from './services.js';

/** One line a request: which route, how it ended, how long it took, for whom. Never a path, query or body. */
export function logRequest({ log }: Services) {
  return async (ctx: Context, next: Next) => {
    const started = performance.now();
    ctx.state.id = randomUUID();
    ctx.res.once('close', () => {
      const ms = Math.round((performance.now() - started) * 10) / 10;
      const { id, errno, uid } = ctx.state;
      log.info({ event: 'request', id, route: routeOf(ctx), status: ctx.res.statusCode, errno, ms, uid });
    });
    await next();
  };
}

/** The route as it is declared; what a client made up is none. */
function routeOf(ctx: Context): string {
  const { _matchedRoute: path } = ctx as unknown as { _matchedRoute?: string };
  return path ? `${ctx.method} ${path}` : 'none';
}
