import type { RawAccount } from '../load/accounts.js';
import { postJson } from '../load/requests.js';
import type { PreparedRequest } from '../load/sender.js';

/** Builds a raw login from one of 2^24 sources. */
export function loginFrom(source: number, { emailHex, password }: RawAccount): PreparedRequest {
  const address = `10.${(source >> 16) & 255}.${(source >> 8) & 255}.${source & 255}`;
  const headers = { 'X-Forwarded-For': address };
  return postJson('/v1/raw_password/session/create', { email: emailHex, password }, headers);
}
