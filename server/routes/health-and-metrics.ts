import type Router from '@koa/router';
import { sendJson } from '../http/json-reply.js';
import type { Services } from '../services.js';

const METRICS_AGE_MS = 1000;

/** Exempt from rate limits. */
export const HEALTH_CHECKS = ['/__heartbeat__', '/__lbheartbeat__', '/__version__'];

/** Adds the health checks for load balancers (docs/protocol.md, "Operations"). */
export function addHealth(router: Router, services: Services): void {
  router.get('/__heartbeat__', async (ctx) => {
    const stores = await checkStores(services);
    ctx.status = Object.values(stores).every((state) => state === 'ok') ? 200 : 503;
    // Reported without a 503, because no request waits for a mail.
    const mail = services.mailer.isReachable ? 'ok' : 'unavailable';
    sendJson(ctx, { ...stores, mail });
  });

  router.get('/__lbheartbeat__', (ctx) => {
    sendJson(ctx, {});
  });

  router.get('/__version__', (ctx) => {
    sendJson(ctx, services.version);
  });
}

/** Adds `/metrics` for Prometheus. Rendering takes milliseconds, so it runs at most once a second. */
export function addMetrics(router: Router, { metrics, now }: Services): void {
  let rendered: ReturnType<typeof metrics.render> | undefined;
  let renderedMs = Number.NEGATIVE_INFINITY;
  router.get('/metrics', async (ctx) => {
    if (!rendered || Math.abs(now() - renderedMs) >= METRICS_AGE_MS) {
      renderedMs = now();
      rendered = metrics.render();
    }
    const { type, text } = await rendered;
    ctx.type = type;
    ctx.body = text;
  });
}

/** Adds BrowserID's support document (docs/protocol.md, "Support document"). */
export function addSupportDocument(router: Router, services: Services): void {
  router.get('/.well-known/browserid', (ctx) => {
    sendJson(ctx, {
      'public-key': services.signer.keys.current.publicKey,
      'public-keys': services.signer.keys.published,
      authentication: '/.well-known/browserid/sign_in.html',
      provisioning: '/.well-known/browserid/provision.html',
    });
  });
}

export type StoreStates = Record<'database' | 'tokens', 'ok' | 'unavailable'>;

export async function checkStores({ storage }: Services): Promise<StoreStates> {
  const check = (ping: Promise<void>) =>
    ping.then(
      () => 'ok' as const,
      () => 'unavailable' as const,
    );
  const [database, tokens] = await Promise.all([check(storage.pingDatabase()), check(storage.tokens.ping())]);
  return { database, tokens };
}
