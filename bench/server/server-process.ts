import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fromRoot } from '../suite.js';

export interface ServerProcess {
  url: string;
  adminUrl: string | undefined;
  pid: number;
  /** The server's DATA_DIR, with the folder `mail`. */
  dataDir: string;
  /** Sends SIGTERM. @returns the exit code, `null` when it was killed */
  stop(): Promise<number | null>;
}

const KEY_SERVER = new URL('../../bundle/server.js', import.meta.url);
/** Node's arguments in `npm start`, without the program. */
const START_FLAGS: string[] = JSON.parse(readFileSync(fromRoot('package.json'), 'utf8'))
  .scripts.start.split(' ')
  .slice(1, -1);
const START_DEADLINE_MS = 20_000;
/** Short, because the CPU until the server listens excludes its threads, which start soon after. */
const POLL_MS = 5;
/** Kills the server when the bench ends and so closes the guard's input; then removes the data folder. */
const GUARD = 'read -r stopped || kill -9 "$1"; rm -rf "$2"';

/** Settings of the bench: no limit of sessions, because every login opens one, and no rate limits. */
const SETTINGS = { HOST: '127.0.0.1', PORT: '0', RATE_LIMITS: 'off', MAX_SESSIONS: '1000000' };

const running = new Set<ServerProcess>();

/**
 * Starts a server, which ends with the bench, however that ends. Its log goes to a file: a slow reader of a
 * pipe would block it. Another `program` must log the event `listening`, as the key server does.
 * @throws Error with the log when it does not start
 */
export async function startServer({
  settings = {} as Record<string, string>,
  program = KEY_SERVER,
} = {}): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'key-server-bench-'));
  const logPath = join(dataDir, 'server.log');
  const log = openSync(logPath, 'w');
  const child = spawn(process.execPath, [...START_FLAGS, fileURLToPath(program)], {
    cwd: dataDir,
    env: { PATH: process.env.PATH, ...SETTINGS, DATA_DIR: dataDir, ...settings },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const pid = child.pid as number;
  // Detached: a Ctrl-C must not end the guard before its server.
  const guard = spawn('sh', ['-c', GUARD, 'sh', String(pid), dataDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await exited;
    running.delete(server);
    guard.stdin.end('stopped\n');
    await once(guard, 'exit');
    return code;
  };
  const server: ServerProcess = {
    url: '',
    adminUrl: undefined,
    pid,
    dataDir,
    stop: () => end('SIGTERM'),
  };
  running.add(server);
  try {
    const { url, metricsUrl } = await waitUntilListening(child, logPath);
    return Object.assign(server, { url, adminUrl: metricsUrl });
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
}

export async function stopServers(): Promise<void> {
  await Promise.all([...running].map((server) => server.stop()));
}

async function waitUntilListening(child: ChildProcess, logPath: string) {
  for (const deadline = Date.now() + START_DEADLINE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const log = await readFile(logPath, 'utf8');
    const listening = log.split('\n').find((line) => line.includes('"event":"listening"'));
    if (listening) return JSON.parse(listening) as { url: string; metricsUrl?: string };
    if (child.exitCode !== null || child.signalCode !== null) break;
  }
  throw new Error(`the server did not start:\n${await readFile(logPath, 'utf8')}`);
}
