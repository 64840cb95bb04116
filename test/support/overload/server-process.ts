import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { START_ARGUMENTS } from '../api/start-command.js';
import { createClock, makeDataDir, type TestClock } from '../api/start-server.js';
import { launch, type Teardown } from '../services/service-process.js';

/** A key server in a process of its own, as operators run it. */
export interface ServerProcess {
  url: string;
  publicUrl: string;
  clock: TestClock;
  process: ChildProcess;
  /** What it logged so far. */
  log: Record<string, unknown>[];
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>;
}

/**
 * Starts a server process on a free port and waits until it listens. It dies with the test.
 * @throws Error when it ends instead
 */
export async function startServerProcess(
  t: Teardown,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const [command = '', ...args] = launch({ command: [process.execPath, ...START_ARGUMENTS] });
  const settings = { PORT: '0', RATE_LIMITS: 'off', DATA_DIR: await makeDataDir(t), ...env };
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const log: Record<string, unknown>[] = [];
  const listening = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line);
      log.push(entry);
      if (entry.event === 'listening') resolve(entry.url);
    });
  });
  const url = await Promise.race([listening, ended]);
  if (typeof url !== 'string') throw new Error(`the server ended with ${url}`);
  return { url, publicUrl: url, clock: createClock(), process: child, log, ended };
}
