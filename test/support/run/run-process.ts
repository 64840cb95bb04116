import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Parser, type Result } from 'tap-parser';

const RUN_FILES = fileURLToPath(new URL('run-files.js', import.meta.url));
const NODE_FLAGS = [
  '--enable-source-maps',
  // Collections of a small young generation take a twentieth of the CPU time.
  '--max-semi-space-size=64',
  // node:test warns about its mock timers. run-files.ts fails a file for other warnings.
  '--disable-warning=ExperimentalWarning',
];

export type ProcessMessage = { type: 'ready' } | { type: 'ran'; file: string; cpuSeconds: number };

export interface FileOutcome {
  file: string;
  isOk: boolean;
  seconds: number;
  /** Includes threads and, on Linux, child processes that have ended. */
  cpuSeconds: number;
}

export interface ProcessOutcome {
  passed: number;
  failed: number;
  skipped: number;
  /** Includes files that did not finish. */
  failedFiles: Set<string>;
}

export interface ProcessOptions {
  env: NodeJS.ProcessEnv;
  /** Returns nothing when the process shall end. */
  takeFile(): string | undefined;
  onFile(outcome: FileOutcome): void;
  onFailure(description: string): void;
}

export async function runProcess({
  env,
  takeFile,
  onFile,
  onFailure,
}: ProcessOptions): Promise<ProcessOutcome> {
  const child = fork(RUN_FILES, [], {
    execArgv: NODE_FLAGS,
    env,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const taken: string[] = [];
  const outcome: ProcessOutcome = { passed: 0, failed: 0, skipped: 0, failedFiles: new Set() };
  const asserted = new Map<string, Result>();
  const cpuSeconds = new Map<string, number>();
  const report = (file: string) => {
    const [result, cpu] = [asserted.get(file), cpuSeconds.get(file)];
    if (!result || cpu === undefined) return;
    onFile({ file, isOk: result.ok, seconds: Number(result.time ?? 0) / 1000, cpuSeconds: cpu });
  };
  child.on('message', (message: ProcessMessage) => {
    if (message.type === 'ran') {
      cpuSeconds.set(message.file, message.cpuSeconds);
      report(message.file);
    }
    // tap sends messages of its own.
    if (message.type !== 'ready') return;
    const file = takeFile();
    if (file) taken.push(file);
    child.send({ file });
  });

  const parser = new Parser();
  parser.on('assert', (result: Result) => {
    asserted.set(result.name, result);
    report(result.name);
  });
  parser.on('pass', () => outcome.passed++);
  parser.on('skip', () => outcome.skipped++);
  parser.on('todo', () => outcome.skipped++);
  parser.on('fail', (result: Result) => {
    outcome.failed++;
    outcome.failedFiles.add(result.fullname.split(' > ', 1)[0] as string);
    onFailure(describe(result));
  });
  child.stdout?.pipe(parser);
  const completed = once(parser, 'complete');
  const [code, signal] = await once(child, 'exit');
  const [results] = await completed;
  if (taken.length === 0 && code !== 0) throw new Error(`a test process ended with ${signal ?? code}`);
  const missing = taken.filter((file) => !asserted.has(file));
  for (const file of missing) outcome.failedFiles.add(file);
  if (outcome.failed === 0 && (code !== 0 || !results.ok)) {
    outcome.failed++;
    if (missing.length === 0) outcome.failedFiles.add(taken.at(-1) as string);
    onFailure(`the process ended with ${signal ?? code}; unfinished files: ${missing.join(', ')}`);
  }
  return outcome;
}

function describe({ fullname, diag }: Result): string {
  const details = diag ? JSON.stringify(diag, null, 2).replaceAll('\\n', '\n      ') : '';
  return `${fullname}\n${details}`.replaceAll('\n', '\n    ');
}
