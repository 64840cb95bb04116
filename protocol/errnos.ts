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
  /** The parameter, with dots between levels. */
  param?: string;
  /** The server's clock, in seconds. */
  serverTime?: number;
  /** Seconds to wait, as in Retry-After. */
  retryAfter?: number;
  /** Remaining tries of a recovery code. */
  tries?: number;
  /** Remaining lifetime of the forgotPasswordToken, in seconds. */
  ttl?: number;
  /** The stored address, hex of UTF-8. */
  email?: string;
}
