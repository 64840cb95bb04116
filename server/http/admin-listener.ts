import type { Server } from 'node:http';
import { createAdminRouter } from '../routes.js';
import type { Services } from '../services.js';
import { createApp } from './app.js';
import { createHttpServer } from './http-server.js';
import { listen } from './listen.js';

/** Maximum number of connections, well above the need of scrapers and health checks. */
const MAX_CONNECTIONS = 100;

/** The separate listener for metrics and health checks. */
export interface AdminListener {
  server: Server;
  /** Stops listening, then finishes open requests. */
  close(): Promise<void>;
}

/**
 * Binds `METRICS_PORT` and serves metrics and health checks.
 * @throws ConfigError when the port cannot be bound
 */
export async function openAdminListener(services: Services): Promise<AdminListener> {
  const { config, now } = services;
  const { server, connections } = createHttpServer({ maxConnections: MAX_CONNECTIONS, now });
  connections.serve(createApp(services, createAdminRouter(services), connections).callback());
  await listen(server, { host: config.host, port: config.metricsPort, setting: 'METRICS_PORT' });
  return { server, close: () => connections.end() };
}
