import { makeEmail, toHex } from './accounts.js';
import { type Reply, send } from './send.js';
import type { TestServer } from './start-server.js';

export const PASSWORD = 'the right one';

type Bound = Pick<TestServer, 'url' | 'publicUrl' | 'clock'>;

/** Returns addresses of accounts with {@link PASSWORD}. */
export async function createAccounts(server: Bound, count: number): Promise<string[]> {
  const emails = Array.from({ length: count }, makeEmail);
  for (const email of emails) {
    const body = { email: toHex(email), password: PASSWORD };
    const { status } = await send(server, '/v1/raw_password/account/create', { body });
    if (status !== 200) throw new Error(`account/create: ${status}`);
  }
  return emails;
}

export function loginBody(email: string, password = PASSWORD) {
  return { email: toHex(email), password };
}

/** Sends a login as the proxy would for a client at an address. */
export function rawLogin(
  server: Bound,
  email: string,
  source: string,
  { password, signal }: { password?: string; signal?: AbortSignal } = {},
): Promise<Reply> {
  return send(server, '/v1/raw_password/session/create', {
    body: loginBody(email, password),
    headers: { 'X-Forwarded-For': source },
    ...(signal && { signal }),
  });
}
