import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Teardown {
  teardown(end: () => unknown): void;
}

export interface ServiceCommand {
  command: string[];
  ready: RegExp;
  stopSignal: NodeJS.Signals;
  user?: string;
}

/** A real service in a child process that tests can stop, restart and freeze. */
export class ServiceProcess {
  readonly #service: ServiceCommand;
  #child: ChildProcess | undefined;

  constructor(service: ServiceCommand) {
    this.#service = service;
  }

  /** @throws Error with the output when the program exits before it is ready */
  async start(): Promise<void> {
    if (this.#child) throw new Error('the service is already running');
    const [command, ...args] = launch(this.#service) as [string, ...string[]];
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    await new Promise<void>((resolve, reject) => {
      let output = '';
      const read = (chunk: Buffer) => {
        output += chunk;
        if (this.#service.ready.test(output)) resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${output}`)));
    });
    // Unread output would fill the pipe and block the program.
    for (const stream of [child.stdout, child.stderr]) stream?.removeAllListeners('data').resume();
  }

  /** Does nothing when the program is not running. @param signal SIGKILL for a crash */
  async stop(signal: NodeJS.Signals = this.#service.stopSignal): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    this.thaw();
    child.kill(signal);
    await gone;
  }

  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  /** Connections stay open without replies. */
  freeze(): void {
    this.#signalAll('SIGSTOP');
  }

  thaw(): void {
    this.#signalAll('SIGCONT');
  }

  /** Signals the children too: PostgreSQL has one process per connection. */
  #signalAll(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (!pid) return;
    process.kill(pid, signal);
    for (const childPid of childrenOf(pid)) signalIfThere(childPid, signal);
  }
}

/** Searches the directories before PATH. @throws Error that names the missing Debian package */
export function findProgram(name: string, debianPackage: string, directories: string[] = []): string {
  const paths = [...directories, ...(process.env.PATH ?? '').split(delimiter)].map((dir) => join(dir, name));
  const found = paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found)
    throw new Error(`${name} is not installed; this test needs it (Debian: apt install ${debianPackage})`);
  return found;
}

/** On Linux the program dies with the test process, even after SIGKILL. */
export function launch({ command, user }: Pick<ServiceCommand, 'command' | 'user'>): string[] {
  if (process.platform !== 'linux') return command;
  const asUser = user && process.getuid?.() === 0 ? ['--reuid', user, '--regid', user, '--init-groups'] : [];
  return ['setpriv', ...asUser, '--pdeathsig', 'KILL', '--', ...command];
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    // pid (name) state ppid …; the name may contain parentheses.
    return Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** A child may end by itself at any moment. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
