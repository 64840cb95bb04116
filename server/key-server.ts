import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { allRates } from '../config/limits.js';
import { type Config, stretchMemoryMiB, withListeningPort } from '../config/load.js';
import { MemoryRateCounters } from '../storage/rate-counters.js';
import type { Storage } from '../storage/storage.js';
import { CryptoPool } from '../workers/crypto-pool.js';
import { InFlightRequests } from '../workers/in-flight-requests.js';
import type { StretchPlan } from '../workers/messages.js';
import { Stretcher } from '../workers/stretcher.js';
import { EnumerationGuard } from './accounts/enumeration-guard.js';
import { CertificateSigner } from './certificates/certificate-signer.js';
import { SigningKeyRing } from './certificates/signing-key-ring.js';
import { prepareDataDir } from './data-dir.js';
import { type AdminListener, openAdminListener } from './http/admin-listener.js';
import { createApp } from './http/app.js';
import type { Connections } from './http/connections.js';
import { createHttpServer } from './http/http-server.js';
import { listen } from './http/listen.js';
import { shedLoad } from './http/load-shedding.js';
import { Limits } from './limits.js';
import { SheddingLog } from './logs/shedding-log.js';
import { createMailTransport } from './mail/create-transport.js';
import { Mailer } from './mail/mailer.js';
import { createMetrics, type Metrics } from './metrics/metrics.js';
import { requireNotMoved } from './move-mark.js';
import { createRouter, hasPublicMetrics, STRETCH_PATH_PART, stretchPaths } from './routes.js';
import type { Services } from './services.js';
import { StatusStreams } from './status/status-streams.js';
import { loadStorageKeys } from './storage-key.js';
import { locateDatabase, openStores } from './stores.js';

/** Padded responses (`ENUMERATION_GUARD=on`) take a multiple of this, in ms. It exceeds the usual duration of their work. */
const PADDED_RESPONSE_MS = 100;
/** Timeout of a silent connection, in ms, in addition to the maximum wait for a stretch. */
const STALLED_MS = 60_000;
/** Delay of the stretch threads after listening, in ms: the server replies first. */
const STRETCH_START_DELAY_MS = 20;
/** Delay of the crypto threads after the stretch threads, in ms: more than the first login takes. */
const CRYPTO_START_DELAY_MS = 1000;

export interface KeyServer {
  /** `http://HOST:PORT` */
  url: string;
  /** The URL of PORT or METRICS_PORT; `undefined` when neither has `/metrics`. */
  metricsUrl: string | undefined;
  services: Services;
  /** Finishes open requests first. A second call waits for the first. */
  close(): Promise<void>;
}

export interface KeyServerOptions {
  config: Config;
  log: Logger;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** An earlier measurement of the `wasm` engine; by default it is measured at start. */
  stretchPlan?: StretchPlan | undefined;
  /** Starts the threads before the first requests that need them. */
  warmUp?: boolean;
}

/**
 * Opens stores, listens, then starts threads. It replies as soon as the port is bound.
 * @throws ConfigError; StoreUnavailableError when the database does not answer; what `listen` throws
 */
export async function startKeyServer({
  config,
  log,
  now = Date.now,
  stretchPlan,
  warmUp = false,
}: KeyServerOptions): Promise<KeyServer> {
  await prepareDataDir(config, log);
  requireNotMoved(locateDatabase(config));
  const storageKeys = await loadStorageKeys(config);
  const metrics = createMetrics();
  const storage = await openStores(config, { storageKeys, now, ...metrics.stores });
  let pools: ReturnType<typeof openPools> | undefined;
  const { server, connections } = createHttpServer({
    maxConnections: config.maxConnections,
    timeouts: { stalledMs: STALLED_MS + config.stretchMaxWait * 1000 },
    now,
    // The port is known when requests arrive.
    publicUrl: () => withListeningPort(config, portOf(server)).publicUrl,
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
    // No await until the request handler is set: requests can arrive in the next turn of the event loop.
    pools = openPools(config, metrics, log, stretchPlan);
    const bound = withListeningPort(config, portOf(server));
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
    const stopping = new AbortController();
    const app = createApp(services, createRouter(services), connections);
    const sheddingLog = new SheddingLog(services);
    connections.serve(
      shedLoad(app.callback(), services, needsStretch, ({ method = '', url }, outcome) =>
        sheddingLog.add({ method, path: stretchPaths.find((known) => known === url), outcome }),
      ),
    );
    const adminListener = config.metricsPort ? await openAdminListener(services) : undefined;
    const close = () => {
      stopping.abort();
      closing ??= closeAll(connections, services, sheddingLog, adminListener);
      return closing;
    };
    services.signer.keys.start();
    services.mailer.start();
    if (warmUp) startThreads(pools, log, stopping.signal).catch(() => {});
    const metricsServer = adminListener?.server ?? (hasPublicMetrics(config) ? server : undefined);
    return { url: urlOf(server), metricsUrl: metricsServer && urlOf(metricsServer), services, close };
  } catch (error) {
    server.close();
    metrics.close();
    await Promise.all([pools?.stretcher.close(), pools?.cryptoPool.close(), storage.close()]);
    throw error;
  }
}

function openPools(config: Config, { pools }: Metrics, log: Logger, plan: StretchPlan | undefined) {
  const logDeath = (pool: string, event: { type: string; error?: Error | undefined }) => {
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
      logDeath('stretch', event);
    },
  });
  const cryptoPool = new CryptoPool({
    threads: config.cryptoThreads,
    modPow: config.stretchEngine === 'scrypt-js' ? 'jsbn' : 'openssl',
    observe(event) {
      pools.observeCrypto(event);
      logDeath('crypto', event);
    },
  });
  return { stretcher, cryptoPool };
}

/**
 * Starts the threads that a first login waits for, then the others when they no longer compete with it for the cores.
 * @throws AbortError
 */
async function startThreads(
  { stretcher, cryptoPool }: ReturnType<typeof openPools>,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const options = { signal, ref: false };
  await sleep(STRETCH_START_DELAY_MS, undefined, options);
  await stretcher.ready().then(
    () => log.info({ event: 'stretchPlan', ...stretcher.plan }),
    (error) => log.error({ event: 'stretchPlanMissing', err: error }),
  );
  await sleep(CRYPTO_START_DELAY_MS, undefined, options);
  // Threads that cannot start are reported as dead.
  await cryptoPool.start().catch(() => {});
}

/** Routes match exactly, so every request for one of these paths contains this part. */
function needsStretch({ method, url }: IncomingMessage): boolean {
  return method === 'POST' && url?.includes(STRETCH_PATH_PART) === true;
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

/** Event streams use at most half of the connections. */
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

/** Closes in the order of the data flow: listener, open requests, then pools and stores. */
async function closeAll(
  connections: Connections,
  services: Services,
  sheddingLog: SheddingLog,
  adminListener: AdminListener | undefined,
): Promise<void> {
  const { statusStreams, signer, mailer, stretcher, cryptoPool, storage, metrics } = services;
  const drained = connections.end();
  statusStreams.close();
  await drained;
  sheddingLog.flush();
  signer.keys.close();
  await mailer.close();
  await adminListener?.close();
  metrics.close();
  await Promise.all([stretcher.close(), cryptoPool.close(), storage.close()]);
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function readVersion(): Services['version'] {
  const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return { name, version };
}
