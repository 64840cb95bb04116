import { ERRNOS, type ErrorDetails } from '../protocol/errnos.js';

export { ERRNOS };

/** The name of an errno. `unknown` also stands for errnos that this client does not know. */
export type ApiErrorReason = keyof typeof ERRNOS;

const REASONS = new Map(
  Object.entries(ERRNOS).map(([reason, errno]) => [errno as number, reason as ApiErrorReason]),
);

export interface ApiErrorBody extends ErrorDetails {
  code: number;
  errno: number;
  /** The name of the status, such as `Bad Request`. */
  error: string;
  message: string;
  /** A link to the documentation. */
  info: string;
}

/**
 * Thrown when the server refuses a request. `errno` and its name, `reason`, identify the error:
 * `if (error instanceof ApiError && error.reason === 'incorrectPassword')`.
 * @see docs/protocol.md, "Errors"
 */
export class ApiError extends Error implements ApiErrorBody {
  override readonly name = 'ApiError';
  readonly reason: ApiErrorReason;
  readonly code: number;
  readonly errno: number;
  readonly error: string;
  readonly info: string;
  readonly param?: string;
  readonly serverTime?: number;
  readonly retryAfter?: number;
  readonly tries?: number;
  readonly ttl?: number;
  readonly email?: string;

  constructor(body: ApiErrorBody) {
    super(body.message);
    this.reason = REASONS.get(body.errno) ?? 'unknown';
    this.code = body.code;
    this.errno = body.errno;
    this.error = body.error;
    this.info = body.info;
    if (body.param !== undefined) this.param = body.param;
    if (body.serverTime !== undefined) this.serverTime = body.serverTime;
    if (body.retryAfter !== undefined) this.retryAfter = body.retryAfter;
    if (body.tries !== undefined) this.tries = body.tries;
    if (body.ttl !== undefined) this.ttl = body.ttl;
    if (body.email !== undefined) this.email = body.email;
  }
}

export interface ConnectionErrorDetails extends ErrorOptions {
  /** The HTTP status, if there was a reply. */
  status?: number;
  /** The Retry-After header of an intermediary, in seconds. */
  retryAfter?: number;
}

/**
 * Thrown when the key server did not reply: the network failed, the time limit passed, or a proxy or load balancer
 * replied instead. The outcome of the request is unknown.
 * @see docs/clients/errors.md
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly status?: number;
  readonly retryAfter?: number;

  constructor(message: string, details: ConnectionErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }
}

/**
 * Thrown when a reply violates the protocol: a bundle does not open, the stretching parameters differ, or the address
 * belongs to another account. Do not trust any part of the reply.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/**
 * Returns whether `error` is an {@link ApiError}, and has the reason if one is given.
 * @param reason a name of {@link ERRNOS}
 */
export function isApiError(error: unknown, reason?: ApiErrorReason): error is ApiError {
  return error instanceof ApiError && (reason === undefined || error.reason === reason);
}

/**
 * Converts an unsuccessful reply to an error.
 * @param text the reply's body
 * @param retryAfter the Retry-After header in seconds, for bodies without `retryAfter`
 * @returns an {@link ApiError} when the body is an error of the key server, else a {@link ConnectionError}
 */
export function readError(status: number, text: string, retryAfter?: number): ApiError | ConnectionError {
  const body = parseObject(text);
  if (typeof body?.errno !== 'number') {
    return new ConnectionError(`HTTP status ${status}, not from the key server`, {
      status,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    });
  }
  return new ApiError({
    code: status,
    errno: body.errno,
    error: asString(body.error) ?? '',
    message: asString(body.message) ?? `errno ${body.errno}`,
    info: asString(body.info) ?? '',
    param: asString(body.param),
    serverTime: asNumber(body.serverTime),
    retryAfter: asNumber(body.retryAfter) ?? retryAfter,
    tries: asNumber(body.tries),
    ttl: asNumber(body.ttl),
    email: asString(body.email),
  });
}

/** Parses a JSON object. @returns `undefined` for any other text */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
