import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Parser, type Result } from 'tap-parser';
import type { Batch } from './test-files.js';

const RUN_FILES = fileURLToPath(new URL('run-files.js', import.meta.url));
const NODE_FLAGS = ['--enable-source-maps'];

export interface FileOutcome {
  file: string;
  isOk: boolean;
  seconds: number;
  /** The test process with its threads, without child processes. */
  cpuSeconds: number;
}

export interface BatchOutcome {
  passed: number;
  failed: number;
  skipped: number;
  /** Files with a failure, and files that did not finish. */
  failedFiles: Set<string>;
}

export interface BatchOptions {
  env: NodeJS.ProcessEnv;
  onFile(outcome: FileOutcome): void;
  /** Called at once, with a text for people. */
  onFailure(description: string): void;
}

/** Runs the files of a batch in one process and reads its TAP. */
export async function runBatch(
  batch: Batch,
  { env, onFile, onFailure }: BatchOptions,
): Promise<BatchOutcome> {
  const child = fork(RUN_FILES, [], {
    execArgv: NODE_FLAGS,
    env: { ...env, TEST_FILES: batch.files.join(' ') },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const outcome: BatchOutcome = { passed: 0, failed: 0, skipped: 0, failedFiles: new Set() };
  const asserted = new Map<string, Result>();
  const cpuSeconds = new Map<string, number>();
  const report = (file: string) => {
    const [result, cpu] = [asserted.get(file), cpuSeconds.get(file)];
    if (!result || cpu === undefined) return;
    onFile({ file, isOk: result.ok, seconds: Number(result.time ?? 0) / 1000, cpuSeconds: cpu });
  };
  child.on('message', (message) => {
    const { file, cpuSeconds: cpu } = message as { file: string; cpuSeconds: number };
    cpuSeconds.set(file, cpu);
    report(file);
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
  const missing = batch.files.filter((file) => !asserted.has(file));
  for (const file of missing) outcome.failedFiles.add(file);
  if (outcome.failed === 0 && (code !== 0 || !results.ok)) {
    outcome.failed++;
    if (missing.length === 0) outcome.failedFiles.add(batch.files.at(-1) as string);
    onFailure(`${batch.name} ended with ${signal ?? code}; not run to the end: ${missing.join(', ')}`);
  }
  return outcome;
}

function describe({ fullname, diag }: Result): string {
  const details = diag ? JSON.stringify(diag, null, 2).replaceAll('\\n', '\n      ') : '';
  return `${fullname}\n${details}`.replaceAll('\n', '\n    ');
}
