import type Router from '@koa/router';
import type { Services } from '../services.js';

/** What load balancers ask (protocol.md, "Operations"). */
export function addHealth(router: Router, services: Services): void {
  router.get('/__heartbeat__', async (ctx) => {
    const stores = await checkStores(services);
    ctx.status = Object.values(stores).every((state) => state === 'ok') ? 200 : 503;
    // Told, but no reason to send clients elsewhere: nothing they ask for waits for a mail.
    const mail = services.mailer.isReachable ? 'ok' : 'unavailable';
    ctx.body = { ...stores, mail };
  });

  router.get('/__lbheartbeat__', (ctx) => {
    ctx.body = {};
  });

  router.get('/__version__', (ctx) => {
    ctx.body = services.version;
  });
}

/** What Prometheus asks. */
export function addMetrics(router: Router, { metrics }: Services): void {
  router.get('/metrics', async (ctx) => {
    const { type, text } = await metrics.render();
    ctx.type = type;
    ctx.body = text;
  });
}

/** What relying parties read. */
export function addSupportDocument(router: Router, services: Services): void {
  router.get('/.well-known/browserid', (ctx) => {
    ctx.body = {
      'public-key': services.signer.keys.current.publicKey,
      'public-keys': services.signer.keys.published,
      authentication: '/.well-known/browserid/sign_in.html',
      provisioning: '/.well-known/browserid/provision.html',
    };
  });
}

/** Which stores answer. */
export type StoreStates = Record<'database' | 'tokens', 'ok' | 'unavailable'>;

/** Asks every store. */
export async function checkStores({ storage }: Services): Promise<StoreStates> {
  const check = (ping: Promise<void>) =>
    ping.then(
      () => 'ok' as const,
      () => 'unavailable' as const,
    );
  const [database, tokens] = await Promise.all([check(storage.pingDatabase()), check(storage.tokens.ping())]);
  return { database, tokens };
}
