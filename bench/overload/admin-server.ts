import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import type { RawAccount } from '../load/accounts.js';
import { rawLogin } from '../load/requests.js';
import { Sender } from '../load/sender.js';
import { type ServerProcess, startServer } from '../server/server-process.js';

/** Settings of a server that refuses all logins but one at a time. */
export const REFUSE = { STRETCH_MAX_WAIT: '0.001' };

/** Starts a server with an admin listener. It trusts X-Forwarded-For: one machine can act as many sources. */
export async function startAdminServer(settings: Record<string, string> = {}): Promise<ServerProcess> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return startServer({ settings: { TRUST_PROXY: 'loopback', METRICS_PORT: String(port), ...settings } });
}

/**
 * Fills all stretch threads, one for each core, with groups of four. The operating system maps a slot's memory with its
 * first stretch, which takes up to 0.3 s.
 */
export async function touchSlots(server: ServerProcess, account: RawAccount): Promise<void> {
  const connections = 8 * availableParallelism();
  await new Sender(server.url, connections).sendAll(Array(2 * connections).fill(rawLogin(account)));
}
