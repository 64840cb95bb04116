import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, type MemoryUse, memoryUse } from '../measure/process-usage.js';
import { ProbeLink } from './probe-link.js';

/** A key server of this checkout, with its own process and data folder. */
export interface ServerProcess {
  url: string;
  pid: number;
  /** The server's DATA_DIR. It contains the mail folder `mail`. */
  dataDir: string;
  /** Set if the server was started with one. */
  probe: ProbeLink | undefined;
  /** Returns the CPU seconds of all its threads so far. */
  cpuSeconds(): number;
  memory(): MemoryUse;
  /** Sends SIGTERM and waits for the exit. @returns the exit code, `null` when it was killed */
  stop(): Promise<number | null>;
}

export interface StartOptions {
  /** Settings of the server, which override those of the bench. The environment is ignored. */
  settings?: Record<string, string>;
  /** Loads the probe (probe.ts) into the server. Its timer costs CPU: do not use it in CPU measurements. */
  probe?: boolean;
  /** Flags for Node, such as `--cpu-prof`. */
  nodeFlags?: string[];
}

const MAIN = fileURLToPath(new URL('../../bundle/server.js', import.meta.url));
/** Node's arguments in `npm start`, without the program. */
const START_FLAGS: string[] = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
)
  .scripts.start.split(' ')
  .slice(1, -1);
const PROBE = new URL('./probe.js', import.meta.url).href;
const START_DEADLINE_MS = 20_000;
const POLL_MS = 20;

/** Settings of the bench: no limit of sessions, because every login opens one, and no rate limits. */
const SETTINGS = { HOST: '127.0.0.1', PORT: '0', RATE_LIMITS: 'off', MAX_SESSIONS: '1000000' };

/**
 * Starts a server on a free port and waits until it listens. Its log goes to a file: a slow reader of a pipe would
 * block the server.
 * @throws Error with the log when it does not start
 */
export async function startServer({ settings, probe = false, nodeFlags = [] }: StartOptions = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'key-server-bench-'));
  const logPath = join(dataDir, 'server.log');
  const log = openSync(logPath, 'w');
  const child = spawn(
    process.execPath,
    [...START_FLAGS, ...nodeFlags, ...(probe ? ['--import', PROBE] : []), MAIN],
    {
      cwd: dataDir,
      env: { PATH: process.env.PATH, ...SETTINGS, DATA_DIR: dataDir, ...settings },
      stdio: probe ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
    },
  );
  closeSync(log);
  const exited = once(child, 'exit');
  const endWithBench = () => {
    child.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  };
  process.once('exit', endWithBench);
  const pid = child.pid as number;
  const forget = () => {
    process.off('exit', endWithBench);
    return rm(dataDir, { recursive: true, force: true });
  };
  const server: ServerProcess = {
    url: await waitForUrl(child, logPath).catch(async (error) => {
      await forget();
      throw error;
    }),
    pid,
    dataDir,
    probe: probe ? new ProbeLink(child) : undefined,
    cpuSeconds: () => cpuSeconds(pid),
    memory: () => memoryUse(pid),
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      await forget();
      return code;
    },
  };
  return server;
}

async function waitForUrl(child: ChildProcess, logPath: string): Promise<string> {
  for (const deadline = Date.now() + START_DEADLINE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const log = await readFile(logPath, 'utf8');
    const listening = log.split('\n').find((line) => line.includes('"event":"listening"'));
    if (listening) return JSON.parse(listening).url;
    if (child.exitCode !== null || child.signalCode !== null) break;
  }
  child.kill('SIGKILL');
  throw new Error(`the server did not start:\n${await readFile(logPath, 'utf8')}`);
}
