import * as z from 'zod';

const rsKey = z.object({ algorithm: z.literal('RS'), n: z.string(), e: z.string() });
const dsKey = z.object({
  algorithm: z.literal('DS'),
  y: z.string(),
  p: z.string(),
  q: z.string(),
  g: z.string(),
});
const publicKey = z.discriminatedUnion('algorithm', [rsKey, dsKey]);

const stores = z.record(z.string(), z.enum(['ok', 'unavailable']));

export interface TextReply {
  type: string;
  example: string;
}

/** Served on `PORT` only without `METRICS_PORT`. */
export const METRICS_OPERATION = 'GET /metrics';

/** Replies outside the API's endpoints, by status: JSON with a schema, or text. Pages are not listed. */
export const OPERATIONS: Readonly<Record<string, Record<number, z.ZodType | TextReply>>> = {
  'GET /v1/openapi.json': { 200: z.looseObject({ openapi: z.string() }) },
  'GET /.well-known/browserid': {
    200: z.object({
      'public-key': publicKey,
      'public-keys': z
        .array(publicKey)
        .meta({ description: 'This key, earlier keys with valid certificates, and the next key' }),
      authentication: z.string(),
      provisioning: z.string(),
    }),
  },
  'GET /__heartbeat__': { 200: stores, 503: stores },
  'GET /__lbheartbeat__': { 200: z.object({}) },
  [METRICS_OPERATION]: {
    200: {
      type: 'text/plain',
      example:
        '# HELP keyserver_event_streams Open event streams\n# TYPE keyserver_event_streams gauge\nkeyserver_event_streams 3\n',
    },
  },
  'GET /__version__': { 200: z.object({ name: z.string(), version: z.string() }) },
};
