import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range the kernel takes for outgoing connections: a service that is stopped and started
 * again must find its port free, and a client that keeps trying must not meet itself there.
 */
const FIRST_PORT = 12_000;
const LAST_PORT = 31_999;

/** A port of 127.0.0.1 that nothing listens on. */
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
