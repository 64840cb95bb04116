import Router from '@koa/router';
import type { Config } from '../config/load.js';
import { addOpenApi } from './openapi/serve.js';
import { addPages } from './pages/pages.js';
import { accountEndpoints } from './routes/account.js';
import { authEndpoints } from './routes/auth.js';
import { certificateEndpoints } from './routes/certificate.js';
import { addHealth, addMetrics, addSupportDocument } from './routes/health-and-metrics.js';
import { miscellaneousEndpoints } from './routes/miscellaneous.js';
import { passwordEndpoints } from './routes/password.js';
import { rawPasswordEndpoints } from './routes/raw-password.js';
import { recoveryEmailEndpoints } from './routes/recovery-email.js';
import { sessionEndpoints } from './routes/session.js';
import type { Services } from './services.js';

/** All endpoints of the API, in the order of docs/endpoints.md. */
export const endpoints = [
  ...accountEndpoints,
  ...authEndpoints,
  ...sessionEndpoints,
  ...rawPasswordEndpoints,
  ...recoveryEmailEndpoints,
  ...certificateEndpoints,
  ...passwordEndpoints,
  ...miscellaneousEndpoints,
];

export const stretchPaths = endpoints.filter(({ stretches }) => stretches).map(({ path }) => path);
/** Part of all these paths and of no other path; a test checks it. */
export const STRETCH_PATH_PART = 'raw_password';

/** A proxy that blocks `/metrics` must not miss `/METRICS` or `/metrics/`. */
const EXACT_PATHS = { sensitive: true, strict: true };

export function createRouter(services: Services): Router {
  const router = new Router(EXACT_PATHS);
  for (const endpoint of endpoints) {
    router.register(endpoint.path, [endpoint.method], (ctx) => endpoint.run(services, ctx));
  }
  // The router adds HEAD to GET. It would run the handler, for example consume a token, and discard the reply.
  for (const layer of router.stack) layer.methods = layer.methods.filter((method) => method !== 'HEAD');
  addSupportDocument(router, services);
  addHealth(router, services);
  const hasMetrics = hasPublicMetrics(services.config);
  if (hasMetrics) addMetrics(router, services);
  addPages(router, services);
  addOpenApi(router, endpoints, services, { hasMetrics });
  return router;
}

/** With ENUMERATION_GUARD=on, counts of mails would reveal whether the last address has an account. */
export function hasPublicMetrics({ metricsPort, enumerationGuard }: Config): boolean {
  return !metricsPort && !enumerationGuard;
}

export function createAdminRouter(services: Services): Router {
  const router = new Router(EXACT_PATHS);
  addHealth(router, services);
  addMetrics(router, services);
  return router;
}
