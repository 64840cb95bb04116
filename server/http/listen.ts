import type { Server } from 'node:http';
import { ConfigError } from '../../config/load.js';

interface Address {
  host: string;
  port: number;
  /** The variable that says the port. */
  setting: 'PORT' | 'METRICS_PORT';
}

/** What keeps a port from being bound, as the person at the terminal is told. */
const REASONS: Record<string, (address: Address) => string> = {
  EADDRINUSE: ({ host, port, setting }) => `${setting}: ${port} is in use on ${host}`,
  EACCES: ({ port, setting }) => `${setting}: ${port} may not be bound by this user`,
  EADDRNOTAVAIL: ({ host }) => `HOST: ${host} is no address of this machine`,
  ENOTFOUND: ({ host }) => `HOST: ${host} has no address`,
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
    server.listen({ port, host }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
