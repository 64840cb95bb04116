import { isDeepStrictEqual } from 'node:util';
import type { Test } from 'tap';
import type { Reply } from './send.js';

const TEXT = /^[\x20-\x7e]{5,}$/;

/** Checks status, errno, fields, Timestamp header, and that no code or path shows. */
export function checkRefusal(
  t: Test,
  { status, headers, body, text }: Reply,
  expectedStatus: number,
  expectedErrno: number,
  details: Record<string, unknown> = {},
): void {
  const { code, errno, error, message, info, ...rest } = body;
  const isRefusal =
    [status, code].every((value) => value === expectedStatus) &&
    errno === expectedErrno &&
    isDeepStrictEqual(rest, details) &&
    [error, message].every((value) => TEXT.test(String(value))) &&
    /^https?:.*\/v1\/openapi\.json#\/components\/schemas\/Error$/.test(String(info)) &&
    /^application\/json\b/.test(headers['content-type'] ?? '') &&
    /^\d{10}$/.test(String(headers.timestamp)) &&
    !/node_modules|\.js\b|\.ts\b|\\n/.test(text);
  const expected = `${expectedStatus}, errno ${expectedErrno} ${JSON.stringify(details)}`;
  t.ok(isRefusal, isRefusal ? expected : `${expected}, but: ${status} ${JSON.stringify(headers)} ${text}`);
}
