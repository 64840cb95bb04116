import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../config/load.js';
import { type KeyServer, startKeyServer } from '../../../server/key-server.js';
import { createLogger } from '../../../server/logs/log.js';
import { watchResponses } from '../openapi/watch-responses.js';
import { copyTemplate, readStretchPlan } from '../run/template.js';
import type { Teardown } from '../services/service-process.js';
import { Mailbox } from './mailbox.js';

const DEFAULTS = {
  PORT: '0',
  RATE_LIMITS: 'off',
  STRETCH_THREADS: '1',
  CRYPTO_THREADS: '1',
  STRETCH_NICE: '0',
};

export interface TestClock {
  now(): number;
  advance(seconds: number): void;
}

/** A real key server in this process. */
export interface TestServer extends KeyServer {
  /** `PUBLIC_URL`, which clients sign. */
  publicUrl: string;
  dataDir: string;
  clock: TestClock;
  mailbox: Mailbox;
  logLines: string[];
}

/** Starts a server on a free port with its own directory, without rate limits. The test's end stops it. */
export async function startServer(
  t: Teardown,
  env: Record<string, string> = {},
  clock: TestClock = createClock(),
): Promise<TestServer> {
  const dataDir = env.DATA_DIR ?? (await makeDataDir(t));
  const settings = { ...DEFAULTS, ...env, DATA_DIR: dataDir };
  const config = loadConfig(settings);
  if (!env.DATA_DIR) await copyTemplate(config);
  const logLines: string[] = [];
  const log = createLogger('trace', { write: (line) => void logLines.push(line) });
  const server = await startKeyServer({ config, log, now: clock.now, stretchPlan: readStretchPlan(config) });
  watchResponses(t, server.url);
  t.teardown(() => server.close());
  const mailbox = new Mailbox(join(dataDir, 'mail'), () => server.services.mailer.waitUntilIdle());
  const { publicUrl } = server.services.config;
  return { ...server, publicUrl, dataDir, clock, mailbox, logLines };
}

export async function makeDataDir(t: Teardown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'key-server-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export function createClock(time: () => number = Date.now): TestClock {
  let offsetMs = 0;
  return {
    now: () => time() + offsetMs,
    advance: (seconds) => {
      offsetMs += seconds * 1000;
    },
  };
}
