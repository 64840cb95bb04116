import { type FileOutcome, type ProcessOutcome, runProcess } from './support/run/run-process.js';
import { makeTemplate } from './support/run/template.js';
import { listTestFiles, MOSTLY_WAITING, type Tier, tierOf } from './support/run/test-files.js';

// Arguments: first, robustness, all, or beginnings of paths below test/ such as server/routes.

/** Processes at once. The last one prefers files that mostly wait. */
const PROCESSES: Record<Tier, number> = { first: 3, robustness: 2 };
const TIMEOUT_S = '300';
const SLOWEST = 10;

const wanted = process.argv.slice(2);
const isWanted = (file: string) =>
  wanted.some(
    (word) => word === 'all' || word === tierOf(file) || file.startsWith(word.replace(/^test\//, '')),
  );
const wantedFiles = listTestFiles().filter(isWanted);
if (wantedFiles.length === 0) {
  console.error(
    `No test file matches: ${wanted.join(' ') || '(none given)'}. Use first, robustness, all, or a path below test/.`,
  );
  process.exit(2);
}

const startedMs = performance.now();
const files: FileOutcome[] = [];
const outcomes: ProcessOutcome[] = [];
const failures: string[] = [];
const template = await makeTemplate();
const env = {
  ...process.env,
  ...template.env,
  TAP_TIMEOUT: TIMEOUT_S,
  ...(!wanted.includes('first') && { TEST_DEPTH: 'full' }),
};

/** Files of the robustness tier get a process each, because they use the whole machine. */
async function runTier(tier: Tier): Promise<void> {
  const waiting = wantedFiles.filter((file) => tierOf(file) === tier && MOSTLY_WAITING.includes(file));
  const working = wantedFiles.filter((file) => tierOf(file) === tier && !MOSTLY_WAITING.includes(file));
  const isLeft = () => working.length + waiting.length > 0;
  const runLeft = async (_: unknown, i: number) => {
    const [first, then] = i === PROCESSES[tier] - 1 ? [waiting, working] : [working, waiting];
    while (isLeft()) {
      let most = tier === 'robustness' ? 1 : Number.POSITIVE_INFINITY;
      const takeFile = () => (most-- > 0 ? (first.shift() ?? then.shift()) : undefined);
      outcomes.push(await runProcess({ env, takeFile, onFile, onFailure }));
    }
  };
  await Promise.all(Array.from({ length: PROCESSES[tier] }, runLeft));
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

await runTier('first');
await runTier('robustness');

const failedFiles = [...new Set(outcomes.flatMap((outcome) => [...outcome.failedFiles]))];
const flaky: string[] = [];
let failed = 0;
for (const file of failedFiles) {
  console.log(`Again, alone: ${file}`);
  const left = [file];
  const outcome = await runProcess({ env, takeFile: () => left.shift(), onFile, onFailure });
  failed += outcome.failed;
  if (outcome.failed === 0) flaky.push(file);
}
await template.remove();

const sum = (read: (outcome: ProcessOutcome) => number) =>
  outcomes.reduce((total, outcome) => total + read(outcome), 0);
const [passed, skipped] = [sum((o) => o.passed), sum((o) => o.skipped)];
const slowest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
console.log(`\nSlowest files:\n${slowest.map(line).join('\n')}`);
for (const [i, failure] of failures.entries()) console.log(`${i === 0 ? '\nFailed:\n' : ''}${failure}`);
if (flaky.length > 0) console.log(`\nFlaky (passed when run again alone):\n${flaky.join('\n')}`);
const cpuSeconds = files.reduce((total, file) => total + file.cpuSeconds, 0);
console.log(
  `\n${files.length} files in ${((performance.now() - startedMs) / 1000).toFixed(0)} s, ${cpuSeconds.toFixed(0)} CPU s`,
);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
