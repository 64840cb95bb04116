import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The part of a tap test that a starter needs, for clean-up. */
export interface Teardown {
  teardown(end: () => unknown): void;
}

export interface ServiceCommand {
  /** The program and its arguments. */
  command: string[];
  /** Output that shows that it is ready. */
  ready: RegExp;
  /** The signal that ends it in order. */
  stopSignal: NodeJS.Signals;
  /** The user to run as, when the tests run as root and the program refuses that. */
  user?: string;
}

/** A real service as a child process, that tests can stop, start again, and freeze. */
export class ServiceProcess {
  readonly #service: ServiceCommand;
  #child: ChildProcess | undefined;

  constructor(service: ServiceCommand) {
    this.#service = service;
  }

  /**
   * Starts the program and waits until it serves.
   * @throws Error with what the program printed when it ends instead
   */
  async start(): Promise<void> {
    if (this.#child) throw new Error('it runs already');
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

  /**
   * Ends the program and waits until it is gone; nothing happens when it does not run.
   * @param signal SIGKILL for a crash
   */
  async stop(signal: NodeJS.Signals = this.#service.stopSignal): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    this.thaw();
    child.kill(signal);
    await gone;
  }

  /** Stops it and starts it again, on the same port. */
  async restart(signal?: NodeJS.Signals): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  /** Stops the program's clock: connections stay open, and nothing answers. */
  freeze(): void {
    this.#signalAll('SIGSTOP');
  }

  /** Lets a frozen program go on. */
  thaw(): void {
    this.#signalAll('SIGCONT');
  }

  /** The program and its children, which a PostgreSQL has one of for each connection. */
  #signalAll(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (!pid) return;
    process.kill(pid, signal);
    for (const childPid of childrenOf(pid)) signalIfThere(childPid, signal);
  }
}

/**
 * The path of a program.
 * @param directories looked in before PATH
 * @param debianPackage what to install when it is missing
 * @throws Error that names the package
 */
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

/** On Linux the program dies with the test process, even if that is killed. */
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
    // pid (name) state ppid …; the name may hold anything, a parenthesis too.
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
