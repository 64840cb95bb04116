import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { launch, type Teardown } from '../services/service-process.js';
import { START_ARGUMENTS } from './start-command.js';
import { createClock } from './start-server.js';

const DEFAULTS = {
  PORT: '0',
  RATE_LIMITS: 'off',
  STRETCH_THREADS: '1',
  CRYPTO_THREADS: '1',
  STRETCH_NICE: '0',
};

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A key server with the arguments of `npm start`, stopped at the end of the test. */
export class ServerProcess {
  /** Empty until {@link listening} resolves. */
  url = '';
  readonly clock = createClock();
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;
  readonly #listening: Promise<void>;

  /** Sets the whole environment, except PATH and the defaults of tests. */
  constructor(t: Teardown, env: Record<string, string>) {
    const [command = '', ...args] = launch({ command: [process.execPath, ...START_ARGUMENTS] });
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, ...DEFAULTS, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const output = { stdout: '', stderr: '' };
    child.stderr.on('data', (chunk) => {
      output.stderr += chunk;
    });
    this.#exit = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }));
    this.#listening = new Promise((resolve) => {
      createInterface(child.stdout).on('line', (line) => {
        output.stdout += `${line}\n`;
        const { event, url } = JSON.parse(line);
        if (event !== 'listening') return;
        this.url = url;
        resolve();
      });
    });
    t.teardown(() => child.kill('SIGKILL'));
  }

  get publicUrl(): string {
    return this.url;
  }

  /** @throws Error with its output when the process exits */
  async listening(): Promise<this> {
    const ended = this.#exit.then(({ code, stdout, stderr }) => {
      if (!this.url) throw new Error(`ended with ${code}: ${stdout}${stderr}`);
    });
    await Promise.race([this.#listening, ended]);
    return this;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the process has stopped. SIGCONT continues it. */
  async freeze(): Promise<void> {
    this.kill('SIGSTOP');
    // pid (name) state …
    while (!/\) [TZX] /.test(await readFile(`/proc/${this.#child.pid}/stat`, 'latin1').catch(() => ') X ')));
  }

  exit(): Promise<Exit> {
    return this.#exit;
  }
}
