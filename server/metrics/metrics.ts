import { Counter, Gauge, Registry } from 'prom-client';
import type { LimitName } from '../../config/limits.js';
import type { Config } from '../../config/load.js';
import type { Storage } from '../../storage/storage.js';
import type { CryptoPool } from '../../workers/crypto-pool.js';
import type { InFlightRequests } from '../../workers/in-flight-requests.js';
import type { Stretcher } from '../../workers/stretcher.js';
import { createMailMetrics } from './mail-metrics.js';
import { createPoolMetrics } from './pool-metrics.js';
import { createProcessMetrics } from './process-metrics.js';
import { createRequestMetrics } from './request-metrics.js';
import { createStoreMetrics } from './store-metrics.js';

export interface WatchedParts {
  config: Config;
  storage: Storage;
  stretcher: Stretcher;
  inFlight: InFlightRequests;
  cryptoPool: CryptoPool;
  statusStreams: { readonly open: number };
  version: { version: string };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** A registry for each server, because a process can have several. Clients cannot create label values. */
export function createMetrics() {
  const registry = new Registry();
  const close = createProcessMetrics(registry);
  const stores = createStoreMetrics(registry);
  const pools = createPoolMetrics(registry);
  const mail = createMailMetrics(registry);
  const rateLimited = new Counter({
    name: 'keyserver_rate_limited_total',
    help: 'Requests above a limit, and whether they were refused (not with RATE_LIMITS=log)',
    labelNames: ['limit', 'refused'],
    registers: [registry],
  });
  return {
    stores,
    pools,
    mail,
    observeRequest: createRequestMetrics(registry),
    observeRateLimited(limit: LimitName, refused: boolean): void {
      rateLimited.inc({ limit, refused: String(refused) });
    },
    watch(parts: WatchedParts, countConnections: () => Promise<number>): void {
      const { config, storage, stretcher, inFlight, cryptoPool, statusStreams, version } = parts;
      const registers = [registry];
      pools.watch({
        stretchQueue: stretcher.queue,
        inFlight,
        stretchThreads: config.stretchThreads,
        cryptoQueue: cryptoPool.queue,
        cryptoThreads: config.cryptoThreads,
      });
      mail.watch(storage.outbox);
      for (const limit of Object.keys(config.limits)) {
        if (config.rateLimits !== 'off')
          rateLimited.inc({ limit, refused: String(config.rateLimits === 'on') }, 0);
      }
      new Gauge({
        name: 'keyserver_event_streams',
        help: 'Open event streams of recovery_email/status',
        registers,
        collect() {
          this.set(statusStreams.open);
        },
      });
      new Gauge({
        name: 'keyserver_http_connections',
        help: 'Open connections',
        registers,
        async collect() {
          this.set(await countConnections());
        },
      });
      new Gauge({
        name: 'keyserver_build_info',
        help: 'Always 1, with the version and the running stretch engine as labels',
        labelNames: ['version', 'stretch_engine'],
        registers,
      }).set({ version: version.version, stretch_engine: stretcher.engine }, 1);
    },
    async render(): Promise<{ type: string; text: string }> {
      return { type: registry.contentType, text: await registry.metrics() };
    },
    close,
  };
}
