import type { Test } from 'tap';
import type { Reply } from './send.js';

/**
 * Checks that a reply is an error of the API: its status, its errno, the five fields and no others but `details`,
 * and the Timestamp header that every reply carries.
 */
export function checkRefusal(
  t: Test,
  reply: Pick<Reply, 'status' | 'headers' | 'body' | 'text'>,
  status: number,
  errno: number,
  details: Record<string, unknown> = {},
): void {
  const { error, message, info, ...rest } = reply.body;
  t.same(
    { status: reply.status, ...rest },
    { status, code: status, errno, ...details },
    `${status}, errno ${errno}`,
  );
  t.match(
    { error, message, info, type: reply.headers['content-type'], timestamp: reply.headers.timestamp },
    { error: TEXT, message: TEXT, info: /^https:/, type: 'application/json', timestamp: /^\d{10}$/ },
    'the five fields, as JSON, and the time',
  );
  t.notMatch(reply.text, /node_modules|\.js\b|\.ts\b|\\n/, 'no stack, no path');
}

const TEXT = /^[\x20-\x7e]{5,}$/;
