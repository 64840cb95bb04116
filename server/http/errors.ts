import { STATUS_CODES } from 'node:http';
import { ERRNOS, type ErrorDetails } from '../../protocol/errnos.js';

/** Name → status, errno and message (docs/protocol.md, "Errors"). */
export const ERRORS = {
  accountExists: [400, ERRNOS.accountExists, 'Account already exists'],
  unknownAccount: [400, ERRNOS.unknownAccount, 'Unknown account'],
  incorrectPassword: [400, ERRNOS.incorrectPassword, 'Incorrect password'],
  unverifiedAccount: [400, ERRNOS.unverifiedAccount, 'Unverified account'],
  invalidCode: [400, ERRNOS.invalidCode, 'Invalid verification code'],
  invalidJson: [400, ERRNOS.invalidJson, 'Invalid JSON in request body'],
  invalidParameter: [400, ERRNOS.invalidParameter, 'Invalid parameter in request body'],
  missingParameter: [400, ERRNOS.missingParameter, 'Missing parameter in request body'],
  invalidSignature: [401, ERRNOS.invalidSignature, 'Invalid request signature'],
  invalidToken: [401, ERRNOS.invalidToken, 'Invalid authentication token'],
  invalidTimestamp: [401, ERRNOS.invalidTimestamp, 'Invalid timestamp in request signature'],
  missingContentLength: [411, ERRNOS.missingContentLength, 'Missing Content-Length header'],
  bodyTooLarge: [413, ERRNOS.bodyTooLarge, 'Request body too large'],
  tooManyRequests: [429, ERRNOS.tooManyRequests, 'Client has sent too many requests'],
  tooManySessions: [403, ERRNOS.tooManySessions, 'Too many sessions'],
  incorrectEmailCase: [400, ERRNOS.incorrectEmailCase, 'Incorrect email case'],
  serviceUnavailable: [503, ERRNOS.serviceUnavailable, 'Service unavailable'],
  registrationRefused: [403, ERRNOS.unknown, 'Registration is not open to this address'],
  badRequest: [400, ERRNOS.unknown, 'Malformed request'],
  notFound: [404, ERRNOS.unknown, 'Unknown path'],
  methodNotAllowed: [405, ERRNOS.unknown, 'Method not allowed'],
  requestTimeout: [408, ERRNOS.unknown, 'Request took too long'],
  headersTooLarge: [431, ERRNOS.unknown, 'Request headers too large'],
  unexpected: [500, ERRNOS.unknown, 'Unexpected error'],
} as const;

export type ApiErrorName = keyof typeof ERRORS;

/** An error reply. It has no stack, which costs too much at high rates of refusals; its cause has one. */
export class ApiError extends Error {
  readonly status: number;
  readonly errno: number;

  constructor(
    readonly reason: ApiErrorName,
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    const [status, errno, message] = ERRORS[reason];
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
    this.status = status;
    this.errno = errno;
  }
}

export function errorReply(error: ApiError, publicUrl: string): string {
  return JSON.stringify({
    code: error.status,
    errno: error.errno,
    error: STATUS_CODES[error.status],
    message: error.message,
    // The document of this server lists the errors of each endpoint and explains each errno.
    info: `${publicUrl}/v1/openapi.json#/components/schemas/Error`,
    ...error.details,
  });
}
