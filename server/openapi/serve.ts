import type Router from '@koa/router';
import type { Endpoint } from '../endpoint.js';
import { sendUnlessKnown, tagDocument } from '../http/tagged-document.js';
import type { Services } from '../services.js';
import { createOpenApiDocument } from './document.js';

/** Serves the OpenAPI document at `/v1/openapi.json`, made once: nothing in it changes while the server runs. */
export function addOpenApi(
  router: Router,
  endpoints: readonly Endpoint[],
  { config: { publicUrl }, version: { version } }: Services,
  { hasMetrics }: { hasMetrics: boolean },
): void {
  const document = createOpenApiDocument(endpoints, { publicUrl, version, hasMetrics });
  const tagged = tagDocument(JSON.stringify(document));
  router.get('/v1/openapi.json', (ctx) => sendUnlessKnown(ctx, 'application/json', tagged));
}
