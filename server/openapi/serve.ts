import type Router from '@koa/router';
import type { Endpoint } from '../endpoint.js';
import { sendUnlessKnown, type TaggedDocument, tagDocument } from '../http/tagged-document.js';
import type { Services } from '../services.js';
import { createOpenApiDocument } from './document.js';

/** The first request creates the document, which takes 0.1 s of CPU. */
export function addOpenApi(
  router: Router,
  endpoints: readonly Endpoint[],
  { config: { publicUrl }, version: { version } }: Services,
  { hasMetrics }: { hasMetrics: boolean },
): void {
  let tagged: TaggedDocument | undefined;
  router.get('/v1/openapi.json', (ctx) => {
    tagged ??= tagDocument(
      JSON.stringify(createOpenApiDocument(endpoints, { publicUrl, version, hasMetrics })),
    );
    sendUnlessKnown(ctx, 'application/json', tagged);
  });
}
