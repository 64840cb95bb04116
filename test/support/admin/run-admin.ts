import { spawn } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { runCommand } from '../../../server/admin/run-command.js';

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  json: Record<string, unknown>;
}

const MAIN = 'dist/bundle/admin.js';

interface Answer {
  prompt: string;
  line: string;
}

/** In this process, with only these settings, without a terminal. */
export function runAdmin(env: Record<string, string>, ...args: string[]): Promise<Ran> {
  return runAdminWithInput(env, '', ...args);
}

export async function runAdminWithInput(
  env: Record<string, string>,
  input: string,
  ...args: string[]
): Promise<Ran> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const code = await runCommand(args, env, { stdin: Readable.from(input ? [input] : []), stdout, stderr });
  return makeRan({ code, stdout: stdout.text, stderr: stderr.text });
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

export function runAdminProcess(env: Record<string, string>, ...args: string[]): Promise<Ran> {
  return run([process.execPath, MAIN, ...args], env);
}

/** Answers a prompt on a terminal. @throws Error when `script` of util-linux is missing */
export function runAdminOnTerminal(
  env: Record<string, string>,
  answer: string,
  ...args: string[]
): Promise<Ran> {
  return runAdminAnswering(env, [{ prompt: 'to confirm: ', line: answer }], ...args);
}

/** Answers each prompt on a terminal. @throws Error when `script` of util-linux is missing */
export function runAdminAnswering(
  env: Record<string, string>,
  answers: Answer[],
  ...args: string[]
): Promise<Ran> {
  const command = [process.execPath, MAIN, ...args].map((part) => `'${part}'`).join(' ');
  return run(['script', '--quiet', '--return', '--command', command, '/dev/null'], env, answers);
}

function run(command: string[], env: Record<string, string>, answers?: Answer[]): Promise<Ran> {
  const [program, ...args] = command as [string, ...string[]];
  const { PATH = '' } = process.env;
  const child = spawn(program, args, { env: { PATH, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  const left = [...(answers ?? [])];
  let answeredTo = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
    const [next] = left;
    if (!next || !stdout.includes(next.prompt, answeredTo)) return;
    answeredTo = stdout.length;
    left.shift();
    child.stdin.write(`${next.line}\n`);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  if (!answers) child.stdin.end();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(makeRan({ code, stdout, stderr }));
    });
  });
}

function makeRan(ran: Omit<Ran, 'json'>): Ran {
  return {
    ...ran,
    get json() {
      return JSON.parse(ran.stdout);
    },
  };
}
