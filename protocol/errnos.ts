/** Name → errno of every error with its own number (docs/protocol.md, "Errors"). */
export const ERRNOS = Object.freeze({
  accountExists: 101,
  unknownAccount: 102,
  incorrectPassword: 103,
  unverifiedAccount: 104,
  invalidCode: 105,
  invalidJson: 106,
  invalidParameter: 107,
  missingParameter: 108,
  invalidSignature: 109,
  invalidToken: 110,
  invalidTimestamp: 111,
  missingContentLength: 112,
  bodyTooLarge: 113,
  tooManyRequests: 114,
  tooManySessions: 115,
  incorrectEmailCase: 120,
  serviceUnavailable: 201,
  unknown: 999,
} as const);

export interface ErrorDetails {
  /** errno 107 and 108: the parameter, dots between levels. */
  param?: string;
  /** errno 111: the server's clock, in seconds. */
  serverTime?: number;
  /** errno 114 and 201: seconds to wait, as in Retry-After. */
  retryAfter?: number;
  /** errno 105 of a recovery code: remaining number of tries. */
  tries?: number;
  /** errno 105 of a recovery code: remaining lifetime of the forgotPasswordToken, in seconds. */
  ttl?: number;
  /** errno 120: the stored address, hex of UTF-8. */
  email?: string;
}
