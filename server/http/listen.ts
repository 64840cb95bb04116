import type { Server } from 'node:http';
import { ConfigError } from '../../config/load.js';

interface Address {
  host: string;
  port: number;
  /** The variable of the port, for messages. */
  setting: 'PORT' | 'METRICS_PORT';
}

/**
 * Maximum number of connections that wait for the event loop. The system also limits it (Linux: `somaxconn`, 4096). With
 * Node's default of 511, most of 1000 simultaneous connections are retried by TCP after one second.
 */
const BACKLOG = 4096;

/** Messages for the operator, by the error code of `listen`. */
const REASONS: Record<string, (address: Address) => string> = {
  EADDRINUSE: ({ host, port, setting }) =>
    `${setting}: ${port} is in use on ${host}: stop the process that uses it, or set another port`,
  EACCES: ({ port, setting }) => `${setting}: ${port} cannot be bound by this user: set a port above 1023`,
  EADDRNOTAVAIL: ({ host }) =>
    `HOST: ${host} is not an address of this machine: set one of its addresses, or 0.0.0.0 for all`,
  ENOTFOUND: ({ host }) => `HOST: ${host} has no address: set an address of this machine, or 0.0.0.0 for all`,
};

/**
 * Binds an address.
 * @throws ConfigError for the known reasons; other errors of `listen`
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
