import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, machineLines } from './machine.js';
import { watchNeighbours } from './measure/neighbours.js';
import { createProgress } from './progress.js';
import { updateReadmes } from './readme.js';
import { renderReport } from './report/report.js';
import { isMet, type SuiteResult } from './results.js';
import { RESULTS_FOLDER, readResults, writeResult } from './results-folder.js';
import type { Suite } from './suite.js';
import { SUITES } from './suites.js';
import { formatNumber, formatTable } from './text-table.js';

/** Arguments other than suites. */
const COMMANDS = ['report', 'readme'];

const USAGE = `npm run bench -- [suite …] [--quick] [--goals] [--out folder]

  suites   ${SUITES.map(({ name }) => name).join(' ')} (default: all); report (draws
             the last results again); readme (writes them into README.md and bench/README.md)
  --quick    fewer rounds, for a first look
  --goals    prints the project's own goals and whether they are met
  --out      where results go (default: bench/results)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    goals: { type: 'boolean', default: false },
    out: { type: 'string', default: RESULTS_FOLDER },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter(
  (name) => !COMMANDS.includes(name) && !SUITES.some((s) => s.name === name),
);
if (values.help || unknown.length > 0) {
  process.stderr.write(unknown.length > 0 ? `Unknown suite: ${unknown.join(', ')}\n\n${USAGE}` : USAGE);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const chosen = SUITES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const progress = createProgress(process.stderr);
const machine = describeMachine();
print(machineLines(machine).map(([name, value]) => `${name.padEnd(8)} ${value}`));
for (const suite of chosen) {
  // A suite that cannot run here (for example without /proc) must not stop the others.
  await runSuite(suite).catch((error: Error) => {
    progress.finish();
    print(['', `${suite.title}: not measured: ${error.message}`]);
    process.exitCode = 1;
  });
}

const reportPath = join(values.out, 'report.html');
const results = await readResults(values.out);
if (positionals.includes('readme')) await updateReadmes(results);
await writeFile(
  reportPath,
  renderReport(
    SUITES.flatMap(({ name }) => results.get(name) ?? []),
    values,
  ),
);
print(['', `Report: ${reportPath}`]);

async function runSuite(suite: Suite): Promise<void> {
  const startedAt = new Date();
  const endWatch = watchNeighbours();
  const earlier = await readResults(values.out);
  const measured = await suite.run({ quick: values.quick, progress, earlier });
  progress.finish();
  const result: SuiteResult = {
    suite: suite.name,
    title: suite.title,
    startedAt: startedAt.toISOString(),
    durationSeconds: (Date.now() - startedAt.getTime()) / 1000,
    quick: values.quick,
    machine,
    neighbours: endWatch(),
    ...measured,
  };
  printResult(result);
  print(['', `Written: ${await writeResult(values.out, result)}`]);
}

function printResult({ title, sections, checks, neighbours }: SuiteResult): void {
  for (const section of sections) {
    print(['', `${title}: ${section.title}`, section.method, '', formatTable(section.table)]);
  }
  if (neighbours && neighbours.otherCores + neighbours.stolenCores > 0.1) {
    const { otherCores, stolenCores } = neighbours;
    print([
      '',
      `Other processes used ${otherCores.toFixed(2)} cores during the run, other virtual machines ${stolenCores.toFixed(2)}.`,
    ]);
  }
  if (!values.goals) return;
  if (checks.length > 0) print(['']);
  for (const check of checks) {
    const { what, bound, goal, measured, unit } = check;
    const value = `${formatNumber(measured, 2)} ${unit}`;
    print([`${isMet(check) ? 'met   ' : 'missed'}  ${what}: ${value} (${bound} ${formatNumber(goal, 2)})`]);
  }
}

function print(lines: string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
