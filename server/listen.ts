import type { Server } from 'node:http';
import { type Config, ConfigError } from '../config/load.js';

/** What keeps a port from being bound, as the person at the terminal is told. */
const REASONS: Record<string, (config: Config) => string> = {
  EADDRINUSE: ({ host, port }) => `PORT: ${port} is in use on ${host}`,
  EACCES: ({ port }) => `PORT: ${port} may not be bound by this user`,
  EADDRNOTAVAIL: ({ host }) => `HOST: ${host} is no address of this machine`,
  ENOTFOUND: ({ host }) => `HOST: ${host} has no address`,
};

/**
 * Binds HOST and PORT.
 * @throws ConfigError when they cannot be bound; what else `listen` throws
 */
export function listen(server: Server, config: Config): Promise<void> {
  const { port, host } = config;
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? '']?.(config);
      reject(reason ? new ConfigError(reason) : error);
    };
    server.once('error', fail);
    server.listen({ port, host }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
