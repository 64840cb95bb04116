import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
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
