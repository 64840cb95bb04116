import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type ServerProcess, startServer } from '../server/server-process.js';

/** The key server, with an admin listener. */
export interface AdminServer extends ServerProcess {
  adminUrl: string;
}

/** Starts a server that trusts X-Forwarded-For, so that one machine can act as many sources. */
export async function startAdminServer(settings: Record<string, string> = {}): Promise<AdminServer> {
  const port = await findFreePort();
  const all = { TRUST_PROXY: 'loopback', METRICS_PORT: String(port), ...settings };
  return { ...(await startServer({ settings: all })), adminUrl: `http://127.0.0.1:${port}` };
}

/** Starts the bare server in its own process. */
export async function startBareServer(): Promise<{ url: string; pid: number; stop(): void }> {
  const program = fileURLToPath(new URL('./bare-server.js', import.meta.url));
  const child = spawn(process.execPath, ['--v8-pool-size=1', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: `http://127.0.0.1:${Number(line.toString())}`,
    pid: child.pid as number,
    stop: () => void child.kill('SIGKILL'),
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
