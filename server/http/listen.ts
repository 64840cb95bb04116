import type { Server } from 'node:http';
import { ConfigError } from '../../config/load.js';

interface Address {
  host: string;
  port: number;
  /** The variable that says the port. */
  setting: 'PORT' | 'METRICS_PORT';
}

/**
 * How many connections may wait until the event loop takes them; the system's own limit (Linux: `somaxconn`, 4096)
 * holds besides. One that finds no room tries again after a second: with Node's 511, of a thousand at once most did.
 */
const BACKLOG = 4096;

/** What keeps a port from being bound, as the person at the terminal is told. */
const REASONS: Record<string, (address: Address) => string> = {
  EADDRINUSE: ({ host, port, setting }) =>
    `${setting}: ${port} is in use on ${host}: stop what uses it, or set another`,
  EACCES: ({ port, setting }) => `${setting}: ${port} may not be bound by this user: set one above 1023`,
  EADDRNOTAVAIL: ({ host }) =>
    `HOST: ${host} is no address of this machine: set one of its own, or 0.0.0.0 for all`,
  ENOTFOUND: ({ host }) => `HOST: ${host} has no address: set an address of this machine, or 0.0.0.0 for all`,
};

/**
 * Binds an address.
 * @throws ConfigError when it cannot be bound; what else `listen` throws
 */
export function listen(server: Server, address: Address): Promise<void> {
  const { port, host } = address;
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? '']?.(address);
      reject(reason ? new ConfigError(reason) : error);
    };
    server.once('error', fail);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
