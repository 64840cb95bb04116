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
  error: string;
  message: string;
  info: string;
}

/**
 * The server refused a request. `reason` names `errno`: test it with {@link isApiError}.
 * @see docs/clients/errors.md
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
  /** The Retry-After header of a proxy, in seconds. */
  retryAfter?: number;
}

/**
 * The key server did not reply: the network failed, the time limit passed, or a proxy replied instead. The
 * outcome of the request is unknown.
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

/** The reply violates the protocol, for example its bundle does not open. Do not trust any part of it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Returns whether `error` is an {@link ApiError}, with the given reason if there is one. */
export function isApiError(error: unknown, reason?: ApiErrorReason): error is ApiError {
  return error instanceof ApiError && (reason === undefined || error.reason === reason);
}

/**
 * Converts an unsuccessful reply to an {@link ApiError}, or to a {@link ConnectionError} when its body is no
 * error of the key server. `retryAfter`, in seconds, stands in for a missing one in the body.
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

/** Returns `undefined` for anything but a JSON object. */
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
