import type { Server } from 'node:http';
import { createOperatorsRouter } from '../routes.js';
import type { Services } from '../services.js';
import { createApp } from './app.js';
import { createHttpServer } from './http-server.js';
import { listen } from './listen.js';

/** More than scrapers and health checks need. */
const MAX_CONNECTIONS = 100;

/** A listener of its own, for what only operators are to see. */
export interface OperatorsPort {
  server: Server;
  /** Ends it; what was asked is answered. */
  close(): Promise<void>;
}

/**
 * Binds `METRICS_PORT`: metrics, and the health endpoints besides.
 * @throws ConfigError when the port cannot be bound
 */
export async function openOperatorsPort(services: Services): Promise<OperatorsPort> {
  const { config, now } = services;
  const { server, connections } = createHttpServer({ maxConnections: MAX_CONNECTIONS, now });
  server.on('request', createApp(services, createOperatorsRouter(services), connections).callback());
  await listen(server, { host: config.host, port: config.metricsPort, setting: 'METRICS_PORT' });
  return { server, close: () => connections.end() };
}
