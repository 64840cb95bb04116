import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { SIGNING_ALGORITHMS } from '../protocol/browserid-keys.js';
import { STRETCH_ENGINES } from '../protocol/stretch-engines.js';
import { LIMITS } from './limits.js';
import {
  host,
  integer,
  mailSender,
  oneOf,
  onOff,
  portNumber,
  positiveNumber,
  postgresUrl,
  proxyAddresses,
  publicUrl,
  redisUrl,
  registration,
  smtpUrl,
  storageKeys,
} from './rules.js';
import { setting } from './setting.js';

const network = {
  host: setting('HOST', 'Address to listen on.', z.string().prefault('127.0.0.1')),
  port: setting('PORT', 'Port to listen on; 0 takes a free one.', portNumber.prefault('9000')),
  publicUrl: setting(
    'PUBLIC_URL',
    'Public URL of the server. Hawk signatures cover its host and port, and mails link to it.',
    publicUrl.default(''),
    { defaultText: '`http://HOST:PORT`' },
  ),
  trustProxy: setting(
    'TRUST_PROXY',
    'Addresses or networks of proxies (comma-separated, or `loopback`) whose `X-Forwarded-For` names the client.',
    proxyAddresses.default(''),
  ),
  maxConnections: setting(
    'MAX_CONNECTIONS',
    'Maximum number of open connections. Above it the server closes a connection of the address with the most, idle ones first.',
    integer(1).prefault('10000'),
  ),
  maxStreams: setting(
    'MAX_STREAMS',
    'Maximum number of open event streams of this server, each a connection and some kilobytes; at most half of MAX_CONNECTIONS.',
    integer(1).prefault('5000'),
  ),
  maxStreamsPerAccount: setting(
    'MAX_STREAMS_PER_ACCOUNT',
    'Maximum number of open event streams of one account on this server: the devices that wait for a verification.',
    integer(1).prefault('10'),
  ),
};

const stores = {
  dataDir: setting(
    'DATA_DIR',
    'Directory of the SQLite file (which contains the signing key), the storage key and the mail directory. The server creates it.',
    z.string().prefault('./var'),
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    '`postgres://…` keeps accounts and sessions in PostgreSQL. Unset: SQLite in DATA_DIR.',
    postgresUrl.default(''),
    { isSecret: true },
  ),
  databasePoolSize: setting(
    'DATABASE_POOL_SIZE',
    'Maximum number of PostgreSQL connections of this server.',
    integer(1).prefault('10'),
  ),
  redisUrl: setting(
    'REDIS_URL',
    '`redis://…` keeps short-lived tokens, nonces and counters in Redis. `redis+sentinel://host:port,…/master-name` finds it through Sentinel; `redis+cluster://host:port,…` uses a Cluster; `rediss` instead of `redis` uses TLS. Unset: in memory of this process.',
    redisUrl.default(''),
    { isSecret: true },
  ),
  storageKey: setting(
    'STORAGE_KEY',
    'Keys that encrypt secrets at rest, 64 hex digits each, comma-separated; the first one encrypts. Required with PostgreSQL; otherwise the server creates one in DATA_DIR.',
    storageKeys.default(''),
    { isSecret: true },
  ),
};

const mail = {
  smtpUrl: setting(
    'SMTP_URL',
    '`smtp://…` or `smtps://…` sends mail. Unset: one .eml file per message in DATA_DIR/mail.',
    smtpUrl.default(''),
    { isSecret: true },
  ),
  mailFrom: setting(
    'MAIL_FROM',
    'Sender of mails: an address, or `Name <address>`.',
    mailSender.prefault('Firefox Accounts <no-reply@localhost>'),
  ),
};

const stretching = {
  stretchEngine: setting(
    'STRETCH_ENGINE',
    '`native` (C, built where there is a compiler; elsewhere `wasm` runs), `wasm` (WebAssembly), `openssl` (node:crypto), or `scrypt-js` (JavaScript, for OpenSSL builds without scrypt).',
    oneOf(...STRETCH_ENGINES).prefault('native'),
  ),
  stretchThreads: setting(
    'STRETCH_THREADS',
    'Number of threads that stretch passwords.',
    integer(1, 1024).prefault(String(availableParallelism())),
    { defaultText: 'one per core' },
  ),
  stretchMemory: setting(
    'STRETCH_MEMORY',
    'MiB for all passwords that are stretched at the same time, 64 each, divided evenly among the threads. A busy thread stretches up to four passwords together. In a batch of four each takes 40 to 45 % of the CPU time of a single one with `native`, about 75 % with `wasm`. With less than 256 per thread batches are smaller; with less than 64 per thread some threads stay idle.',
    integer(64, 2 ** 24).optional(),
    {
      defaultText: '256 for each of STRETCH_THREADS; less if the machine or control group has little memory',
    },
  ),
  stretchMaxWait: setting(
    'STRETCH_MAX_WAIT',
    'Maximum time that a password waits for a thread, in seconds. A request that would wait longer gets 503 and Retry-After at once.',
    positiveNumber.prefault('5'),
  ),
  stretchNice: setting(
    'STRETCH_NICE',
    'Nice increment of stretch threads, relative to the rest of the server (0 to 19).',
    integer(0, 19).prefault('10'),
  ),
  cryptoThreads: setting(
    'CRYPTO_THREADS',
    'Number of threads for SRP and signing.',
    integer(1, 1024).prefault(String(Math.max(1, Math.floor(availableParallelism() / 2)))),
    { defaultText: 'one per two cores' },
  ),
};

const accounts = {
  registration: setting(
    'REGISTRATION',
    'Addresses that clients may create accounts for: `open` (all), `closed` (none), or a list of domains (`example.org,example.com`, without their subdomains). Others get 403 and errno 999. `npm run admin -- account create` ignores it.',
    registration.prefault('open'),
  ),
  enumerationGuard: setting(
    'ENUMERATION_GUARD',
    '`on`: an unknown address gets the replies of a wrong password. SRP logins and recovery codes then need the address in the case it was created with, and errno 102 and 120 are never sent for an address. Replies that depend on an address take 100 to 110 ms, or a multiple of it on a busy server. Creating an account still reveals whether the address has one (errno 101), up to LIMIT_ACCOUNTS_FROM_SOURCE times. `/metrics` counts mails, which reveals it too: it is on METRICS_PORT only. Default off: the API requires errno 102.',
    onOff.prefault('off'),
  ),
  maxSessions: setting(
    'MAX_SESSIONS',
    'Maximum number of sessions of an account.',
    integer(1).prefault('100'),
  ),
  sessionIdleDays: setting(
    'SESSION_IDLE_DAYS',
    'Days without use after which a session is removed, within about an hour; 0: never. Until then, sessions of lost devices count against MAX_SESSIONS.',
    integer(0, 36_500).prefault('365'),
  ),
  auditDays: setting(
    'AUDIT_DAYS',
    'Days after which an entry of the audit table is removed; 0: never. Entries name system users and accounts.',
    integer(0, 36_500).prefault('365'),
  ),
};

const certificates = {
  signingAlgorithm: setting(
    'SIGNING_ALGORITHM',
    '`RS` (RSA, 2048 bits) or `DS` (DSA) for the key that signs certificates.',
    oneOf(...SIGNING_ALGORITHMS).prefault('RS'),
  ),
  domain: setting(
    'DOMAIN',
    'Issuer of certificates and domain of their principals: a host, with its port unless it is 443.',
    host.default(''),
    { defaultText: 'that of PUBLIC_URL' },
  ),
};

const rateLimits = {
  rateLimits: setting(
    'RATE_LIMITS',
    '`on`; `log` reports requests above a limit without refusing them; `off` is for tests.',
    oneOf('on', 'off', 'log').prefault('on'),
  ),
};

const observation = {
  metricsPort: setting(
    'METRICS_PORT',
    'Separate port for `/metrics` and health checks, which stay fast there when PORT is overloaded; 0: `/metrics` is on PORT, or disabled with ENUMERATION_GUARD.',
    portNumber.prefault('0'),
  ),
  logLevel: setting(
    'LOG_LEVEL',
    'Lowest level that is logged: trace, debug, info, warn, error, fatal or silent.',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').prefault('info'),
  ),
};

/** Every setting, by its name in the program: the source of types, defaults, rules and documentation. */
export const SETTINGS = z.object({
  ...network,
  ...stores,
  ...mail,
  ...stretching,
  ...accounts,
  ...certificates,
  ...rateLimits,
  ...observation,
  limits: z.object(LIMITS),
});

export type Settings = z.output<typeof SETTINGS>;

/** The sections of docs/settings.md. */
export const SETTING_GROUPS = {
  Network: network,
  Stores: stores,
  Mail: mail,
  Stretching: stretching,
  Accounts: accounts,
  Certificates: certificates,
  'Rate limits': { ...rateLimits, ...LIMITS },
  'Logs and metrics': observation,
} as const;
