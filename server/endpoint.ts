import type { Context } from 'koa';
import type { z } from 'zod';
import type { HawkTokenType } from '../protocol/tokens.js';
import { authenticate, type Credentials } from './authentication/hawk-authentication.js';
import type { ClientContext } from './client-context.js';
import { toApiError } from './http/error-translation.js';
import type { ApiErrorName } from './http/errors.js';
import { type RequestBody, readRequestBody } from './http/request-body.js';
import { validateBody } from './http/validation.js';
import type { Services } from './services.js';

/** What a handler is given: everything checked. */
export interface EndpointRequest<Schema extends z.ZodType, Token extends HawkTokenType | undefined> {
  body: z.output<Schema>;
  credentials: Token extends HawkTokenType ? Credentials<Token> : undefined;
  client: ClientContext;
  /** Aborted when the client hangs up. */
  signal: AbortSignal;
  /** For what is no JSON: event streams, headers. */
  ctx: Context;
}

/** One endpoint of the API, read from top to bottom as a request goes through it. */
export interface Endpoint<
  Schema extends z.ZodType = z.ZodType,
  Token extends HawkTokenType | undefined = HawkTokenType | undefined,
  Reply extends z.ZodObject = z.ZodObject,
> {
  method: 'GET' | 'POST';
  path: string;
  /** The type of token that signs the request; none: not authenticated. */
  token?: Token;
  /** Whether the signature must cover the body. Elsewhere a client may leave the payload hash out. */
  requiresPayloadHash?: true;
  /** The body a POST must have. */
  body?: Schema;
  /** The body of the reply. */
  reply: Reply;
  /** What it refuses, besides what its method, token, body and limits already say. */
  refusals?: readonly ApiErrorName[];
  /** Whether its duration could reveal that an address has an account; see {@link EnumerationGuard.padResponseTime}. */
  hidesAccounts?: true;
  /** Whether it needs a stretch: such requests pass load shedding first. */
  stretches?: true;
  /** The business. @returns the reply's body; nothing when the handler wrote its own */
  handle(services: Services, request: EndpointRequest<Schema, Token>): Promise<z.output<Reply> | undefined>;
}

/** Declares an endpoint, so that its handler is typed by its schemas and its token. */
export function endpoint<
  Schema extends z.ZodType,
  Reply extends z.ZodObject,
  Token extends HawkTokenType | undefined = undefined,
>(definition: Endpoint<Schema, Token, Reply>): Endpoint {
  return definition as unknown as Endpoint;
}

/**
 * Takes a request through its endpoint: body, authentication, validation, handler.
 * Authentication consumes a single-use token. A 503 restores it, with everything else that the request consumed.
 * @throws ApiError
 */
export async function runEndpoint(services: Services, endpoint: Endpoint, ctx: Context): Promise<void> {
  const { token, body: schema, requiresPayloadHash } = endpoint;
  const client: ClientContext = ctx.state.client;
  let body: RequestBody | undefined;
  try {
    if (endpoint.method === 'POST') body = await readRequestBody(ctx, needsBody(schema));
    const credentials =
      token && (await authenticate(token, { services, ctx, client, body, requiresPayloadHash }));
    if (credentials) ctx.state.uid = credentials.uid;
    const request = {
      body: schema && validateBody(schema, body?.json),
      credentials: credentials as never,
      client,
      // Made for those who ask: most requests are over before anyone could hang up.
      get signal() {
        return abortedWithRequest(ctx);
      },
      ctx,
    };
    const handle = () => endpoint.handle(services, request);
    const { enumerationGuard } = services;
    const reply = await (enumerationGuard && endpoint.hidesAccounts
      ? enumerationGuard.padResponseTime(handle)
      : handle());
    if (reply) ctx.body = reply;
  } catch (error) {
    const apiError = toApiError(error);
    if (apiError.reason === 'serviceUnavailable') await client.compensations.runAll();
    throw apiError;
  } finally {
    body?.wipe();
  }
}

const emptyBodyRefused = new WeakMap<z.ZodType, boolean>();

/** Whether a schema has a field that must be there. */
export function needsBody(schema: z.ZodType | undefined): boolean {
  if (!schema) return false;
  let needed = emptyBodyRefused.get(schema);
  if (needed === undefined) {
    needed = !schema.safeParse({}).success;
    emptyBodyRefused.set(schema, needed);
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
