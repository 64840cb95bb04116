import type { Server } from 'node:http';
import { createAdminRouter } from '../routes.js';
import type { Services } from '../services.js';
import { createApp } from './app.js';
import { createHttpServer } from './http-server.js';
import { listen } from './listen.js';

/** Exceeds the need of scrapers and health checks. */
const MAX_CONNECTIONS = 100;

export interface AdminListener {
  server: Server;
  close(): Promise<void>;
}

/** @throws ConfigError when METRICS_PORT cannot be bound */
export async function openAdminListener(services: Services): Promise<AdminListener> {
  const { config, now } = services;
  const { server, connections } = createHttpServer({
    maxConnections: MAX_CONNECTIONS,
    now,
    publicUrl: () => config.publicUrl,
  });
  connections.serve(createApp(services, createAdminRouter(services), connections).callback());
  await listen(server, { host: config.host, port: config.metricsPort, setting: 'METRICS_PORT' });
  return { server, close: () => connections.end() };
}
