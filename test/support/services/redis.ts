import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { findFreePort } from './free-port.js';
import { findProgram, ServiceProcess, type Teardown } from './service-process.js';

export interface Redis extends ServiceProcess {
  readonly port: number;
  readonly url: string;
}

/** Without persistence by default. @param options.args for example `['--appendonly', 'yes']` */
export async function startRedis(t: Teardown, options: { args?: string[] } = {}): Promise<Redis> {
  const program = findProgram('redis-server', 'redis-server');
  const directory = await mkdtemp(join(tmpdir(), 'redis-'));
  const port = await findFreePort();
  const redis = new ServiceProcess({
    command: [
      program,
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', directory, '--save', ''],
      ...(options.args ?? []),
    ],
    ready: /Ready to accept connections/,
    stopSignal: 'SIGTERM',
  });
  t.teardown(async () => {
    await redis.stop('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  await redis.start();
  return Object.assign(redis, { port, url: `redis://127.0.0.1:${port}` });
}

export async function askRedis({ url }: Pick<Redis, 'url'>, command: string[]): Promise<unknown> {
  const client = createClient({ url }).on('error', () => {});
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}
