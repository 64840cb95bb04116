import type { Context } from 'koa';
import type { z } from 'zod';
import type { HawkTokenType } from '../protocol/tokens.js';
import { authenticate, type Credentials } from './authentication/hawk-authentication.js';
import type { ClientContext } from './client-context.js';
import { toApiError } from './http/error-translation.js';
import type { ApiErrorName } from './http/errors.js';
import { sendJson } from './http/json-reply.js';
import { type RequestBody, readRequestBody } from './http/request-body.js';
import { validateBody } from './http/validation.js';
import type { Services } from './services.js';

export interface EndpointRequest<Schema extends z.ZodType> {
  body: z.output<Schema>;
  client: ClientContext;
  signal: AbortSignal;
  /** For event streams and request headers. */
  ctx: Context;
}

export interface SignedEndpointRequest<Schema extends z.ZodType, Token extends HawkTokenType>
  extends EndpointRequest<Schema> {
  credentials: Credentials<Token>;
}

export interface Endpoint {
  method: 'GET' | 'POST';
  path: string;
  /** Missing without authentication. */
  token?: HawkTokenType;
  /** Elsewhere the payload hash is optional. */
  requiresPayloadHash?: true;
  body?: z.ZodType;
  reply: z.ZodObject;
  /** Errors of the handler. Those of method, token, body and limits derive from other members. */
  refusals?: readonly ApiErrorName[];
  /** Its duration could reveal an account; see {@link EnumerationGuard.padResponseTime}. */
  hidesAccounts?: true;
  /** Load shedding applies. */
  stretches?: true;
  /** Reads, authenticates, validates and handles a request. A 503 consumes nothing. @throws ApiError */
  run(services: Services, ctx: Context): Promise<void>;
}

type Declaration<Schema extends z.ZodType, Reply extends z.ZodObject, Request> = Omit<Endpoint, 'run'> & {
  body?: Schema;
  reply: Reply;
  /** @returns the reply's body; `undefined` when the handler wrote the reply */
  handle(services: Services, request: Request): Promise<z.output<Reply> | undefined>;
};

export function openEndpoint<Schema extends z.ZodType, Reply extends z.ZodObject>(
  declaration: Declaration<Schema, Reply, EndpointRequest<Schema>>,
): Endpoint {
  const { handle, ...description } = declaration;
  return {
    ...description,
    run: (services, ctx) =>
      answer(services, ctx, declaration, async (client, body) => {
        const request = toRequest(ctx, client, declaration.body, body);
        return () => handle(services, request);
      }),
  };
}

export function signedEndpoint<
  Schema extends z.ZodType,
  Reply extends z.ZodObject,
  Token extends HawkTokenType,
>(
  declaration: Declaration<Schema, Reply, SignedEndpointRequest<Schema, Token>> & { token: Token },
): Endpoint {
  const { handle, ...description } = declaration;
  const { token, requiresPayloadHash } = declaration;
  return {
    ...description,
    run: (services, ctx) =>
      answer(services, ctx, declaration, async (client, body) => {
        const credentials = await authenticate(token, { services, ctx, client, body, requiresPayloadHash });
        ctx.state.uid = credentials.uid;
        const request = toRequest(ctx, client, declaration.body, body);
        return () => handle(services, Object.assign(request, { credentials }));
      }),
  };
}

/** @param prepare authenticates and validates the request, and returns a function that runs the handler */
async function answer(
  { enumerationGuard }: Services,
  ctx: Context,
  { method, body: schema, hidesAccounts }: Omit<Endpoint, 'run'>,
  prepare: (
    client: ClientContext,
    body: RequestBody | undefined,
  ) => Promise<() => Promise<object | undefined>>,
): Promise<void> {
  const client: ClientContext = ctx.state.client;
  let body: RequestBody | undefined;
  try {
    // The body of a GET is ignored.
    if (method === 'POST') body = await readRequestBody(ctx, needsBody(schema));
    const handle = await prepare(client, body);
    const reply = await (enumerationGuard && hidesAccounts
      ? enumerationGuard.padResponseTime(handle)
      : handle());
    if (reply) sendJson(ctx, reply);
  } catch (error) {
    const apiError = toApiError(error);
    if (apiError.reason === 'serviceUnavailable') await client.compensations.runAll();
    throw apiError;
  } finally {
    body?.wipe();
  }
}

function toRequest<Schema extends z.ZodType>(
  ctx: Context,
  client: ClientContext,
  schema: Schema | undefined,
  body: RequestBody | undefined,
): EndpointRequest<Schema> {
  return {
    // Without a schema, Schema is ZodType, whose output is unknown.
    body: schema ? validateBody(schema, body?.json) : (undefined as z.output<Schema>),
    client,
    get signal() {
      return abortedWithRequest(ctx);
    },
    ctx,
  };
}

const needsBodyCache = new WeakMap<z.ZodType, boolean>();

export function needsBody(schema: z.ZodType | undefined): boolean {
  if (!schema) return false;
  let needed = needsBodyCache.get(schema);
  if (needed === undefined) {
    needed = !schema.safeParse({}).success;
    needsBodyCache.set(schema, needed);
  }
  return needed;
}

function abortedWithRequest({ req, res }: Context): AbortSignal {
  const controller = new AbortController();
  if (req.socket.destroyed) controller.abort();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort();
  });
  return controller.signal;
}
