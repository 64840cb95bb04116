import type { Logger } from 'pino';
import type { Config } from '../config/load.js';
import type { Storage } from '../storage/storage.js';
import type { CryptoPool } from '../workers/crypto-pool.js';
import type { InFlightRequests } from '../workers/in-flight-requests.js';
import type { Stretcher } from '../workers/stretcher.js';
import type { EnumerationGuard } from './accounts/enumeration-guard.js';
import type { CertificateSigner } from './certificates/certificate-signer.js';
import type { Limits } from './limits.js';
import type { Mailer } from './mail/mailer.js';
import type { Metrics } from './metrics/metrics.js';
import type { StatusStreams } from './status/status-streams.js';

export interface Services {
  config: Config;
  log: Logger;
  storage: Storage;
  stretcher: Stretcher;
  /** Requests in flight that need a stretch. */
  inFlight: InFlightRequests;
  cryptoPool: CryptoPool;
  signer: CertificateSigner;
  mailer: Mailer;
  limits: Limits;
  /** Set with `ENUMERATION_GUARD=on`. */
  enumerationGuard: EnumerationGuard | undefined;
  statusStreams: StatusStreams;
  metrics: Metrics;
  /** Milliseconds since 1970. */
  now: () => number;
  version: { name: string; version: string };
}
