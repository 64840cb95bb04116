import type { Server } from 'node:http';
import { ConfigError } from '../../config/load.js';

interface Address {
  host: string;
  port: number;
  /** For messages. */
  setting: 'PORT' | 'METRICS_PORT';
}

/** With Node's queue of 511, most of 1000 simultaneous connections wait a second until TCP retries them. */
export const BACKLOG = 4096;

const REASONS: Record<string, (address: Address) => string> = {
  EADDRINUSE: ({ host, port, setting }) =>
    `${setting}: ${port} is in use on ${host}: stop the process that uses it, or set another port`,
  EACCES: ({ port, setting }) => `${setting}: ${port} cannot be bound by this user: set a port above 1023`,
  EADDRNOTAVAIL: ({ host }) =>
    `HOST: ${host} is not an address of this machine: set one of its addresses, or 0.0.0.0 for all`,
  ENOTFOUND: ({ host }) => `HOST: ${host} has no address: set an address of this machine, or 0.0.0.0 for all`,
};

/** @throws ConfigError for the known reasons; other errors of `listen` */
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
