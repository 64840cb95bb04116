import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ephemeral range: a restarted service must find its port free. */
const FIRST_PORT = 12_000;
const LAST_PORT = 31_999;

export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
