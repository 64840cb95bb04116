import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';

import { allRates } from '../config/limits.js';
import { type Config, stretchMemoryMiB, withListeningPort } from '../config/load.js';
import { MemoryRateCounters } from '../storage/rate-counters.js';

import type { Storage } from '../storage/storage.js';
import { CryptoPool } from '../workers/crypto-pool.js';
import type { StretchPlan } from '../workers/messages.js';
import { Stretcher } from '../workers/stretcher.js';
import { EnumerationGuard } from './accounts/enumeration-guard.js';
import { CertificateSigner } from './certificates/certificate-signer.js';
import { SigningKeyRing } from './certificates/signing-key-ring.js';
import { prepareDataDir } from './data-dir.js';
import { type AdminListener, openAdminListener } from './http/admin-listener.js';
import { createApp } from './http/app.js';
import { readClientSource } from './http/client-source.js';
import type { Connections } from './http/connections.js';
import { createHttpServer } from './http/http-server.js';
import { listen } from './http/listen.js';
import { InFlightRequests, type LoadSheddingOptions, shedLoad } from './http/load-shedding.js';
import { Limits } from './limits.js';
import { recordRequest } from './logs/request-log.js';
import { createMailTransport } from './mail/create-transport.js';
import { Mailer } from './mail/mailer.js';
import { createMetrics, type Metrics } from './metrics/metrics.js';
import { createRouter, hasPublicMetrics, STRETCH_PATH_PART, stretchPaths } from './routes.js';
import type { Services } from './services.js';
import { StatusStreams } from './status/status-streams.js';
import { loadStorageKeys } from './storage-key.js';
import { openStores } from './stores.js';

/** Padded responses with `ENUMERATION_GUARD=on` take a multiple of this, in ms: longer than their work. */
const PADDED_RESPONSE_MS = 100;
/** How long a connection may be silent, besides the time that a password waits for its stretch, in ms. */
const STALLED_MS = 60_000;

/** A server that listens. */
export interface KeyServer {
  /** Where it is bound: `http://HOST:PORT`. */
  url: string;
  /** Where `/metrics` is: there, or on `METRICS_PORT`, or nowhere. */
  metricsUrl: string | undefined;
  services: Services;
  /** Finishes what is under way, then closes everything. A second call waits for the first. */
  close(): Promise<void>;
}

export interface KeyServerOptions {
  config: Config;
  log: Logger;
  /** The clock, ms since 1970. */
  now?: () => number;
  /** How `wasm` stretches, if that was measured before; by default it is measured at the start. */
  stretchPlan?: StretchPlan | undefined;
}

/**
 * Opens stores, listens, then starts threads. Requests are answered from the moment the port is bound.
 * @throws ConfigError; StoreUnavailableError when the database does not answer; what `listen` throws
 */
export async function startKeyServer({
  config,
  log,
  now = Date.now,
  stretchPlan,
}: KeyServerOptions): Promise<KeyServer> {
  await prepareDataDir(config, log);
  const storageKeys = await loadStorageKeys(config);
  const metrics = createMetrics();
  const storage = await openStores(config, { storageKeys, now, ...metrics.stores });
  let pools: ReturnType<typeof openPools> | undefined;
  const { server, connections } = createHttpServer({
    maxConnections: config.maxConnections,
    timeouts: { stalledMs: STALLED_MS + config.stretchMaxWait * 1000 },
    now,
  });
  try {
    const { signingKeys } = storage;
    const keys = await SigningKeyRing.open({
      signingKeys,
      algorithm: config.signingAlgorithm,
      now,
      log,
    });
    const enumerationGuard = config.enumerationGuard
      ? new EnumerationGuard(await storage.secrets.obtain('enumerationGuard'), PADDED_RESPONSE_MS)
      : undefined;
    await listen(server, { ...config, setting: 'PORT' });
    // From here to the handler nothing waits: a request may come at the next turn of the event loop.
    pools = openPools(config, metrics, log, stretchPlan);
    const bound = withListeningPort(config, (server.address() as AddressInfo).port);
    const services: Services = {
      config: bound,
      log,
      storage,
      ...pools,
      inFlight: new InFlightRequests(),
      signer: new CertificateSigner({ keys, cryptoPool: pools.cryptoPool, domain: bound.domain, now }),
      enumerationGuard,
      limits: createLimits(config, storage, metrics),
      mailer: createMailer(bound, storage, log, now, metrics),
      statusStreams: createStatusStreams(config),
      metrics,
      now,
      version: readVersion(),
    };
    metrics.watch(services, promisify(server.getConnections.bind(server)));
    let closing: Promise<void> | undefined;
    const app = createApp(services, createRouter(services), connections);
    connections.serve(shedLoad(app.callback(), createShedding(services)));
    const operators = config.metricsPort ? await openAdminListener(services) : undefined;
    const close = () => {
      closing ??= closeAll(connections, services, operators);
      return closing;
    };
    services.signer.keys.start();
    services.mailer.start();
    const withMetrics = operators?.server ?? (hasPublicMetrics(config) ? server : undefined);
    return { url: urlOf(server), metricsUrl: withMetrics && urlOf(withMetrics), services, close };
  } catch (error) {
    server.close();
    metrics.close();
    await Promise.all([pools?.stretcher.close(), pools?.cryptoPool.close(), storage.close()]);
    throw error;
  }
}

function openPools(config: Config, { pools }: Metrics, log: Logger, plan: StretchPlan | undefined) {
  const tellDeath = (pool: string, event: { type: string; error?: Error | undefined }) => {
    if (event.type === 'threadDied') log.error({ event: 'threadDied', pool, err: event.error });
  };
  const stretcher = new Stretcher({
    engine: config.stretchEngine,
    threads: config.stretchThreads,
    memoryMiB: stretchMemoryMiB(config),
    niceIncrement: config.stretchNice,
    plan,
    observe(event) {
      pools.observeStretch(event);
      tellDeath('stretch', event);
    },
  });
  const cryptoPool = new CryptoPool({
    threads: config.cryptoThreads,
    modPow: config.stretchEngine === 'scrypt-js' ? 'jsbn' : 'openssl',
    observe(event) {
      pools.observeCrypto(event);
      tellDeath('crypto', event);
    },
  });
  return { stretcher, cryptoPool };
}

function createShedding(services: Services): LoadSheddingOptions {
  const { config, stretcher, inFlight, metrics, now } = services;
  return {
    inFlight,
    // Paths match exactly, so that every request the router takes for one of these has this in its target.
    needsStretch: ({ method, url }) => method === 'POST' && url?.includes(STRETCH_PATH_PART) === true,
    sourceOf: (request) => readClientSource(request, config.trustProxy),
    predictWaitMs: (ahead) => stretcher.queue.predictWaitMs(ahead),
    maxWaitMs: config.stretchMaxWait * 1000,
    publicUrl: config.publicUrl,
    now,
    observe({ method = '', url = '' }) {
      metrics.pools.observeStretch({ type: 'refused' });
      const path = stretchPaths.find((known) => known === url);
      recordRequest(services, { id: randomUUID(), method, path, status: 503, errno: 201, ms: 0 });
    },
  };
}

function createLimits(config: Config, { counters }: Storage, metrics: Metrics): Limits {
  return new Limits({
    rates: allRates(config.limits),
    mode: config.rateLimits,
    counters,
    ownCounters: new MemoryRateCounters(),
    observe: metrics.observeRateLimited,
  });
}

/** Streams may take half of the connections, lest they take all. */
function createStatusStreams({ maxStreamsPerAccount, maxStreams, maxConnections }: Config): StatusStreams {
  const inAll = Math.min(maxStreams, Math.ceil(maxConnections / 2));
  return new StatusStreams({ perAccount: maxStreamsPerAccount, inAll });
}

function createMailer(
  config: Config,
  { outbox }: Storage,
  log: Logger,
  now: () => number,
  { mail }: Metrics,
): Mailer {
  const { smtpUrl, dataDir, mailFrom: from, publicUrl } = config;
  const transport = createMailTransport({ smtpUrl, directory: join(dataDir, 'mail') });
  return new Mailer({ outbox, transport, from, publicUrl, now, log, observe: mail.observe });
}

/** In the order in which work flows: no new requests, then those under way, then what they need. */
async function closeAll(
  connections: Connections,
  services: Services,
  operators: AdminListener | undefined,
): Promise<void> {
  const { statusStreams, signer, mailer, stretcher, cryptoPool, storage, metrics } = services;
  const drained = connections.end();
  statusStreams.close();
  await drained;
  signer.keys.close();
  await mailer.close();
  await operators?.close();
  metrics.close();
  await Promise.all([stretcher.close(), cryptoPool.close(), storage.close()]);
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function readVersion(): Services['version'] {
  const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return { name, version };
}
