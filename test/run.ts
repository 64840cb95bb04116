import { availableParallelism } from 'node:os';
import { type BatchOutcome, type FileOutcome, runBatch } from './support/run/run-batch.js';
import { makeTemplate } from './support/run/template.js';
import { listTestFiles, makeBatches, tierOf } from './support/run/test-files.js';

/** Runs tests and reports each file: `node dist/test/run.js first|robustness|all`, or path beginnings below `test/`. */

/** Maximum number of parallel batches: tests start servers with several threads. */
const MOST_AT_ONCE = 2;
const TIMEOUT_S = '300';
const SLOWEST = 10;

const wanted = process.argv.slice(2);
const isWanted = (file: string) =>
  wanted.some(
    (word) => word === 'all' || word === tierOf(file) || file.startsWith(word.replace(/^test\//, '')),
  );
const waiting = makeBatches(listTestFiles().filter(isWanted));
if (waiting.length === 0) {
  console.error(
    `No test file is meant by: ${wanted.join(' ') || 'nothing'}. Say first, robustness, all, or a path.`,
  );
  process.exit(2);
}

const startedMs = performance.now();
const files: FileOutcome[] = [];
const outcomes: BatchOutcome[] = [];
const failures: string[] = [];
const template = await makeTemplate();
const env = {
  ...process.env,
  ...template.env,
  TAP_TIMEOUT: TIMEOUT_S,
  ...(!wanted.includes('first') && { TEST_DEPTH: 'full' }),
};

async function runWaiting(): Promise<void> {
  for (let batch = waiting.shift(); batch; batch = waiting.shift()) {
    outcomes.push(await runBatch(batch, { env, onFile, onFailure }));
  }
}

function onFile(outcome: FileOutcome): void {
  files.push(outcome);
  console.log(line(outcome));
}

function onFailure(description: string): void {
  failures.push(description.split('\n', 1)[0] as string);
  console.log(`Failed: ${description}`);
}

function line({ file, isOk, seconds, cpuSeconds }: FileOutcome): string {
  return `${isOk ? 'ok  ' : 'FAIL'} ${seconds.toFixed(1).padStart(6)} s ${cpuSeconds.toFixed(1).padStart(6)} CPU s  ${file}`;
}

const batchesAtOnce = Math.min(MOST_AT_ONCE, availableParallelism());
await Promise.all(Array.from({ length: batchesAtOnce }, runWaiting));

const failedFiles = [...new Set(outcomes.flatMap((outcome) => [...outcome.failedFiles]))];
const flaky: string[] = [];
let failed = 0;
for (const file of failedFiles) {
  console.log(`Again, alone: ${file}`);
  const outcome = await runBatch({ name: file, files: [file] }, { env, onFile, onFailure });
  failed += outcome.failed;
  if (outcome.failed === 0) flaky.push(file);
}
await template.remove();

const sum = (read: (outcome: BatchOutcome) => number) =>
  outcomes.reduce((total, outcome) => total + read(outcome), 0);
const [passed, skipped] = [sum((o) => o.passed), sum((o) => o.skipped)];
const slowest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
console.log(`\nSlowest files:\n${slowest.map(line).join('\n')}`);
for (const [i, failure] of failures.entries()) console.log(`${i === 0 ? '\nFailed:\n' : ''}${failure}`);
if (flaky.length > 0) console.log(`\nFlaky, passed when run again alone:\n${flaky.join('\n')}`);
const cpuSeconds = files.reduce((total, file) => total + file.cpuSeconds, 0);
console.log(
  `\n${files.length} files in ${((performance.now() - startedMs) / 1000).toFixed(0)} s, ${cpuSeconds.toFixed(0)} CPU s in test processes`,
);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
