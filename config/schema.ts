import { availableParallelism } from 'node:os';
import type { Schema, SchemaObj } from 'convict';
import { LIMITS, type LimitName } from './limits.js';

/** Every setting: its format, default, environment variable, and the sentence that documents it. */
export interface Settings {
  host: string;
  port: number;
  publicUrl: string;
  dataDir: string;
  databaseUrl: string;
  databasePoolSize: number;
  redisUrl: string;
  smtpUrl: string;
  mailFrom: string;
  rateLimits: 'on' | 'off' | 'log';
  trustProxy: string;
  stretchEngine: 'simd' | 'openssl' | 'scrypt-js';
  stretchThreads: number;
  stretchMemory: number;
  stretchMaxWait: number;
  stretchNice: number;
  quickThreads: number;
  signingAlgorithm: 'RS' | 'DS';
  domain: string;
  maxSessions: number;
  sessionIdleDays: number;
  maxStreamsPerAccount: number;
  maxStreams: number;
  maxConnections: number;
  enumerationGuard: boolean;
  limits: Record<LimitName, string>;
  storageKey: string;
  metricsPort: number;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
}

export const SETTINGS: Schema<Settings> = {
  host: {
    doc: 'Address to listen on.',
    format: String,
    default: '127.0.0.1',
    env: 'HOST',
  },
  port: {
    doc: 'Port to listen on; 0 takes a free one.',
    format: 'port-number',
    default: 9000,
    env: 'PORT',
  },
  publicUrl: {
    doc: 'The URL clients use; Hawk signatures are over its host and port, mails link to it. Unset: `http://HOST:PORT`.',
    format: 'optional-http-url',
    default: '',
    env: 'PUBLIC_URL',
  },
  dataDir: {
    doc: 'Folder of the SQLite file (which holds the signing key), the storage key and the mail folder; made when missing.',
    format: String,
    default: './var',
    env: 'DATA_DIR',
  },
  databaseUrl: {
    doc: '`postgres://…` keeps accounts and sessions in PostgreSQL. Unset: SQLite in DATA_DIR.',
    format: 'optional-postgres-url',
    default: '',
    env: 'DATABASE_URL',
    sensitive: true,
  },
  databasePoolSize: {
    doc: 'Most PostgreSQL connections this server opens.',
    format: 'positive-integer',
    default: 10,
    env: 'DATABASE_POOL_SIZE',
  },
  redisUrl: {
    doc: '`redis://…` keeps short-lived tokens, nonces and counters in Redis; `redis+sentinel://host:port,…/master-name` in one that Sentinel watches; `redis+cluster://host:port,…` in a Cluster; `rediss` instead of `redis` for TLS. Unset: in this process.',
    format: 'optional-redis-url',
    default: '',
    env: 'REDIS_URL',
    sensitive: true,
  },
  smtpUrl: {
    doc: '`smtp://…` or `smtps://…` sends mail. Unset: one .eml file a message in DATA_DIR/mail.',
    format: 'optional-smtp-url',
    default: '',
    env: 'SMTP_URL',
    sensitive: true,
  },
  mailFrom: {
    doc: 'Sender of mails: an address, or `Name <address>`.',
    format: 'mail-sender',
    default: 'Firefox Accounts <no-reply@localhost>',
    env: 'MAIL_FROM',
  },
  rateLimits: {
    doc: '`on`; `log` only reports what would have been refused; `off` for tests.',
    format: ['on', 'off', 'log'],
    default: 'on',
    env: 'RATE_LIMITS',
  },
  trustProxy: {
    doc: 'Addresses or networks (comma-separated, or `loopback`) whose X-Forwarded-For counts.',
    format: 'proxy-addresses',
    default: '',
    env: 'TRUST_PROXY',
  },
  stretchEngine: {
    doc: '`simd` (WebAssembly, the fastest), `openssl` (node:crypto), or `scrypt-js` (JavaScript alone, for OpenSSL builds without scrypt).',
    format: ['simd', 'openssl', 'scrypt-js'],
    default: 'simd',
    env: 'STRETCH_ENGINE',
  },
  stretchThreads: {
    doc: 'Threads that stretch passwords. Default: one a core.',
    format: 'thread-count',
    default: availableParallelism(),
    env: 'STRETCH_THREADS',
  },
  stretchMemory: {
    doc: 'MiB for all passwords that are stretched at a time, 64 each. Unset: 128 for each of STRETCH_THREADS. Passwords that share a core as a group, up to four, cost half the CPU; with 256 for each thread all of them can take such groups at once, with less they take turns, or smaller groups when many wait.',
    format: 'stretch-memory',
    default: 0,
    env: 'STRETCH_MEMORY',
  },
  stretchMaxWait: {
    doc: 'Seconds a password may wait for its stretch; one that would wait longer is refused at once with 503.',
    format: 'positive-number',
    default: 5,
    env: 'STRETCH_MAX_WAIT',
  },
  stretchNice: {
    doc: 'How much lower than the rest of the server the OS priority of stretch threads is (0 to 19).',
    format: 'nice-increment',
    default: 10,
    env: 'STRETCH_NICE',
  },
  quickThreads: {
    doc: 'Threads for SRP and signing.',
    format: 'thread-count',
    default: Math.max(1, Math.floor(availableParallelism() / 2)),
    env: 'QUICK_THREADS',
  },
  signingAlgorithm: {
    doc: '`RS` (RSA, 2048 bits) or `DS` (DSA) for the key that signs certificates.',
    format: ['RS', 'DS'],
    default: 'RS',
    env: 'SIGNING_ALGORITHM',
  },
  domain: {
    doc: 'Issuer of certificates and the part behind @ of their principals: a host, with its port where that is not 443. Unset: that of PUBLIC_URL.',
    format: 'optional-host',
    default: '',
    env: 'DOMAIN',
  },
  maxSessions: {
    doc: 'Most sessions an account can have.',
    format: 'positive-integer',
    default: 100,
    env: 'MAX_SESSIONS',
  },
  sessionIdleDays: {
    doc: 'Days without use after which a session is removed, within about an hour; 0: never, since a device that lay in a drawer for a year is still its owner’s. Set it where lost and forgotten devices should not stay attached for ever.',
    format: 'days',
    default: 0,
    env: 'SESSION_IDLE_DAYS',
  },
  maxStreamsPerAccount: {
    doc: 'Most open event streams of an account on this server: a handful of devices that wait for a verification.',
    format: 'positive-integer',
    default: 10,
    env: 'MAX_STREAMS_PER_ACCOUNT',
  },
  maxStreams: {
    doc: 'Most open event streams on this server, each a connection and some kilobytes; never more than half of MAX_CONNECTIONS.',
    format: 'positive-integer',
    default: 5000,
    env: 'MAX_STREAMS',
  },
  maxConnections: {
    doc: 'Most open connections; when more come, those are closed whose clients have let them wait longest.',
    format: 'positive-integer',
    default: 10000,
    env: 'MAX_CONNECTIONS',
  },
  enumerationGuard: {
    doc: '`on`: an unknown address is answered as one with a wrong password would be. Addresses must then be typed in the case they were first given in, and errno 102 and 120 are not heard of. What an address is looked up for is answered after 100 to 110 ms, or a multiple of that on a busy server. Creating an account still tells (errno 101), as often as LIMIT_ACCOUNTS_FROM_SOURCE lets. `/metrics` counts mails, which tells: it is on METRICS_PORT only. Off by default: the API asks for errno 102.',
    format: 'on-off',
    default: false,
    env: 'ENUMERATION_GUARD',
  },
  limits: Object.fromEntries(
    Object.entries(LIMITS).map(([name, { doc, env, default: rate }]) => [
      name,
      { doc: `As \`times/seconds\`. ${doc}`, env, default: rate, format: 'rate' },
    ]),
  ) as unknown as Record<LimitName, SchemaObj<string>>,
  storageKey: {
    doc: 'Key that encrypts secrets at rest, 64 hex digits; several comma-separated, the first one writes. Required with PostgreSQL; otherwise made in DATA_DIR on first start.',
    format: 'storage-keys',
    default: '',
    env: 'STORAGE_KEY',
    sensitive: true,
  },
  metricsPort: {
    doc: 'Port of its own for `/metrics`; 0 or unset: on PORT, or nowhere with ENUMERATION_GUARD.',
    format: 'port-number',
    default: 0,
    env: 'METRICS_PORT',
  },
  logLevel: {
    doc: 'trace, debug, info, warn, error, fatal or silent.',
    format: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    env: 'LOG_LEVEL',
  },
};
