import type Router from '@koa/router';
import type { Services } from '../services.js';

/** What operators and load balancers ask (protocol.md, "Operations"), and what relying parties read. */
export function addOperations(router: Router, services: Services): void {
  router.get('/__heartbeat__', async (ctx) => {
    const stores = await checkStores(services);
    ctx.status = Object.values(stores).every((state) => state === 'ok') ? 200 : 503;
    ctx.body = stores;
  });

  router.get('/__lbheartbeat__', (ctx) => {
    ctx.body = {};
  });

  router.get('/__version__', (ctx) => {
    ctx.body = services.version;
  });

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
