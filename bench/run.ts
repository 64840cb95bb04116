import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, machineLines } from './machine.js';
import { watchNeighbours } from './measure/neighbours.js';
import { createProgress } from './progress.js';
import { renderReport } from './report/report.js';
import { isMet, type SubjectResult } from './results.js';
import { RESULTS_FOLDER, readResults, writeResult } from './results-folder.js';
import { updateReadme } from './scale/readme.js';
import type { Subject } from './subject.js';
import { SUBJECTS } from './subjects.js';
import { formatNumber, formatTable } from './text-table.js';

/** What can be asked for besides subjects. */
const COMMANDS = ['report', 'readme'];

const USAGE = `npm run bench -- [subject …] [--quick] [--out folder]

  subjects   ${SUBJECTS.map(({ name }) => name).join(' ')} (default: all); report (draws the
             last results again); readme (writes them into bench/README.md)
  --quick    fewer rounds: a first look
  --out      where results go (default: bench/results)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: RESULTS_FOLDER },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter(
  (name) => !COMMANDS.includes(name) && !SUBJECTS.some((s) => s.name === name),
);
if (values.help || unknown.length > 0) {
  process.stderr.write(
    unknown.length > 0 ? `There is no ${unknown.join(', ')} to measure.\n\n${USAGE}` : USAGE,
  );
  process.exit(unknown.length > 0 ? 2 : 0);
}

const chosen = SUBJECTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const progress = createProgress(process.stderr);
const machine = describeMachine();
print(machineLines(machine).map(([name, value]) => `${name.padEnd(8)} ${value}`));
for (const subject of chosen) {
  // One that cannot run here, for want of /proc or of a database, keeps none of the others from it.
  await runSubject(subject).catch((error: Error) => {
    progress.finish();
    print(['', `${subject.title}: not measured: ${error.message}`]);
    process.exitCode = 1;
  });
}

const reportPath = join(values.out, 'report.html');
const results = await readResults(values.out);
if (positionals.includes('readme')) await updateReadme(results);
await writeFile(reportPath, renderReport(SUBJECTS.flatMap(({ name }) => results.get(name) ?? [])));
print(['', `Report: ${reportPath}`]);

async function runSubject(subject: Subject): Promise<void> {
  const startedAt = new Date();
  const endWatch = watchNeighbours();
  const earlier = await readResults(values.out);
  const measured = await subject.run({ quick: values.quick, progress, earlier });
  progress.finish();
  const result: SubjectResult = {
    subject: subject.name,
    title: subject.title,
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

function printResult({ title, sections, checks, neighbours }: SubjectResult): void {
  for (const section of sections) {
    print(['', `${title}: ${section.title}`, section.method, '', formatTable(section.table)]);
  }
  if (neighbours && neighbours.otherCores + neighbours.stolenCores > 0.1) {
    const { otherCores, stolenCores } = neighbours;
    print([
      '',
      `Other processes kept ${otherCores.toFixed(2)} cores busy meanwhile, other machines ${stolenCores.toFixed(2)}.`,
    ]);
  }
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
