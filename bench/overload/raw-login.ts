import type { RawAccount } from '../load/accounts.js';
import { postJson } from '../load/requests.js';
import type { PreparedRequest } from '../load/sender.js';

/** A server of this suite believes X-Forwarded-For, so that one machine can be many senders. */
export const MANY_SENDERS = { TRUST_PROXY: 'loopback' };

/** A raw login as it would come from one of 2^16 sources. */
export function loginFrom(source: number, { emailHex, password }: RawAccount): PreparedRequest {
  const address = `198.18.${(source >> 8) & 255}.${source & 255}`;
  const headers = { 'X-Forwarded-For': address };
  return postJson('/v1/raw_password/session/create', { email: emailHex, password }, headers);
}
