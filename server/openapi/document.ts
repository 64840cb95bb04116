import * as z from 'zod';
import { HAWK_TOKEN_TYPES } from '../../protocol/tokens.js';
import { type Endpoint, needsBody } from '../endpoint.js';
import type { ApiErrorName } from '../http/errors.js';
import { HEALTH_CHECKS } from '../routes/health-and-metrics.js';
import { errorBody, errorNames, errorResponses } from './error-responses.js';
import { EXAMPLES } from './examples.js';
import { METRICS_OPERATION, OPERATIONS, type TextReply } from './operator-schemas.js';
import { TAGS, TEXTS } from './texts.js';

const JSON_TYPE = 'application/json';
const TIMESTAMP = { Timestamp: { $ref: '#/components/headers/Timestamp' } };

/** Operations whose mail is in the language of the request. */
const MAILS_IN_LANGUAGE = ['/v1/account/create', '/v1/raw_password/account/create'];
const STREAMS = '/v1/recovery_email/status';

/** Derives OpenAPI 3.1 from the schemas that validate requests and type handlers. */
export function createOpenApiDocument(
  endpoints: readonly Endpoint[],
  server: { publicUrl: string; version: string; hasMetrics: boolean },
): object {
  const schemas: Record<string, object> = { Error: toSchema(errorBody, 'input') };
  const paths: Record<string, Record<string, object>> = {};
  const add = (method: string, path: string, operation: object) => {
    const { tag, ...text } = TEXTS[`${method} ${path}`] ?? {};
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      operationId: toName(path, method),
      tags: [tag],
      ...text,
      ...operation,
    };
  };
  for (const endpoint of endpoints) add(endpoint.method, endpoint.path, describeEndpoint(endpoint, schemas));
  for (const [name, responses] of Object.entries(OPERATIONS)) {
    if (name === METRICS_OPERATION && !server.hasMetrics) continue;
    const [method, path] = name.split(' ') as [string, string];
    add(method, path, describeOperation(path, responses, schemas));
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Firefox Accounts key server',
      version: server.version,
      description: INTRODUCTION,
      license: { name: 'MPL-2.0', identifier: 'MPL-2.0' },
    },
    servers: [{ url: server.publicUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas, headers: HEADERS, securitySchemes: describeTokens() },
  };
}

const INTRODUCTION = `The API of November 2013. Bodies are JSON in UTF-8, at most 64 KiB, sent with Content-Length. \
Bytes are hex: lower case in replies, either case in requests. Requests may contain other members, which are \
ignored; replies may contain them, too. Errors always have \`code\`, \`errno\`, \`error\`, \`message\` and \`info\`.`;

const HEADERS = {
  Timestamp: {
    description: 'The server’s clock, in seconds since 1970.',
    required: true,
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  RetryAfter: {
    description: 'Seconds to wait before a retry.',
    required: true,
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
};

function describeEndpoint(endpoint: Endpoint, schemas: Record<string, object>): object {
  const { method, path, token, body, reply, refusals } = endpoint;
  const example = EXAMPLES[`${method} ${path}`];
  const name = toName(path, '');
  const takesParameters = body !== undefined;
  const needsParameters = needsBody(body);
  schemas[`${name}Reply`] = toSchema(reply, 'output');
  if (body) schemas[`${name}Body`] = toSchema(body, 'input');
  return {
    security: token ? [{ [token]: [] }] : [],
    ...(MAILS_IN_LANGUAGE.includes(path) && { parameters: [ACCEPT_LANGUAGE] }),
    ...(body && {
      requestBody: { required: needsParameters, content: content(`${name}Body`, example?.body) },
    }),
    responses: {
      200: {
        description: 'Done.',
        headers: TIMESTAMP,
        content: {
          ...content(`${name}Reply`, example?.reply),
          ...(path === STREAMS && { 'text/event-stream': EVENT_STREAM }),
        },
      },
      ...errorResponses(errorNames({ method, token, takesParameters, needsParameters, refusals })),
    },
  };
}

const ACCEPT_LANGUAGE = {
  name: 'Accept-Language',
  in: 'header',
  description: 'The language of the account’s mails: the best match of this server’s languages.',
  schema: { type: 'string' },
  example: 'fr, en;q=0.5',
};

const EVENT_STREAM = {
  schema: { type: 'string' },
  example: 'data: {"email":"6d65406578616d706c652e636f6d","verified":false}\n\n:\n\n',
};

function describeOperation(
  path: string,
  responses: Record<number, z.ZodType | TextReply>,
  schemas: Record<string, object>,
): object {
  const name = toName(path, '');
  const refusals: ApiErrorName[] = HEALTH_CHECKS.includes(path) ? [] : ['tooManyRequests'];
  const describeContent = (status: string, reply: z.ZodType | TextReply) => {
    if ('type' in reply && 'example' in reply)
      return { [reply.type]: { schema: { type: 'string' }, example: reply.example } };
    const schemaName = `${name}Reply${status === '200' ? '' : status}`;
    schemas[schemaName] = toSchema(reply, 'output');
    return content(schemaName, undefined);
  };
  const described = Object.entries(responses).map(([status, reply]) => {
    const description = status === '200' ? 'Done.' : 'A store does not reply.';
    return [status, { description, headers: TIMESTAMP, content: describeContent(status, reply) }];
  });
  return { security: [], responses: { ...Object.fromEntries(described), ...errorResponses(refusals) } };
}

function describeTokens(): Record<string, object> {
  const description = (token: string) =>
    `Hawk, algorithm sha256, with the keys of a ${token}: \`tokenID | reqHMACkey | requestKey = HKDF(token, \
"identity.mozilla.com/picl/v1/${token}", 96)\`; id is tokenID in hex, key is reqHMACkey. The signature \
covers host and port of the public URL and the hash of a body. The clock may be off by 60 seconds; a nonce is valid once.`;
  return Object.fromEntries(
    HAWK_TOKEN_TYPES.map((token) => [
      token,
      { type: 'http', scheme: 'hawk', description: description(token) },
    ]),
  );
}

function content(schemaName: string, example: object | undefined): object {
  return {
    [JSON_TYPE]: { schema: { $ref: `#/components/schemas/${schemaName}` }, ...(example && { example }) },
  };
}

/** Converts a zod schema to JSON Schema in the dialect of OpenAPI 3.1. Additional members are allowed. */
function toSchema(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    // Passwords, whose type is in their metadata.
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return rest;
}

function toName(path: string, method: string): string {
  const words = path
    .replace(/^\/v1\//, '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const capitalized = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
  return method.toLowerCase() + capitalized;
}
