import { STATUS_CODES } from 'node:http';
import { StacklessError } from '../../workers/stackless-error.js';

/** Where the error table is explained. */
const INFO = 'https://github.com/mozilla/picl-idp/blob/master/docs/api.md#response-format';

/** Name → status, errno and message: the error list of api.md, with what protocol.md adds. */
export const ERRORS = {
  accountExists: [400, 101, 'Account already exists'],
  unknownAccount: [400, 102, 'Unknown account'],
  incorrectPassword: [400, 103, 'Incorrect password'],
  unverifiedAccount: [400, 104, 'Unverified account'],
  invalidCode: [400, 105, 'Invalid verification code'],
  invalidJson: [400, 106, 'Invalid JSON in request body'],
  invalidParameter: [400, 107, 'Invalid parameter in request body'],
  missingParameter: [400, 108, 'Missing parameter in request body'],
  invalidSignature: [401, 109, 'Invalid request signature'],
  invalidToken: [401, 110, 'Invalid authentication token'],
  invalidTimestamp: [401, 111, 'Invalid timestamp in request signature'],
  missingContentLength: [411, 112, 'Missing Content-Length header'],
  bodyTooLarge: [413, 113, 'Request body too large'],
  tooManyRequests: [429, 114, 'Client has sent too many requests'],
  tooManySessions: [403, 115, 'Too many sessions'],
  incorrectEmailCase: [400, 120, 'Incorrect email case'],
  serviceUnavailable: [503, 201, 'Service unavailable'],
  registrationRefused: [403, 999, 'Registration is not open to this address'],
  badRequest: [400, 999, 'Malformed request'],
  notFound: [404, 999, 'Unknown path'],
  methodNotAllowed: [405, 999, 'Method not allowed'],
  requestTimeout: [408, 999, 'Request took too long'],
  headersTooLarge: [431, 999, 'Request headers too large'],
  unexpected: [500, 999, 'Unexpected error'],
} as const;

export type ApiErrorName = keyof typeof ERRORS;

/** What some errors say besides the five fields. */
export interface ApiErrorDetails {
  /** errno 107 and 108: the parameter, dots between levels. */
  param?: string;
  /** errno 111: integer seconds. */
  serverTime?: number;
  /** errno 114 and 201: seconds, also sent as Retry-After. */
  retryAfter?: number;
  /** errno 105 of a recovery code: how many codes may still be tried. */
  tries?: number;
  /** errno 105 of a recovery code: seconds the forgotPasswordToken still lives. */
  ttl?: number;
  /** errno 120: the stored address, hex of UTF-8. */
  email?: string;
}

/** An error the client is told of. What failed is its cause, and has a stack. */
export class ApiError extends StacklessError {
  readonly status: number;
  readonly errno: number;

  constructor(
    readonly reason: ApiErrorName,
    readonly details: ApiErrorDetails = {},
    options?: ErrorOptions,
  ) {
    const [status, errno, message] = ERRORS[reason];
    super(message, options);
    this.status = status;
    this.errno = errno;
  }

  /** The body of the reply: the five fields of api.md, and the details. */
  toJSON() {
    return {
      code: this.status,
      errno: this.errno,
      error: STATUS_CODES[this.status],
      message: this.message,
      info: INFO,
      ...this.details,
    };
  }
}
