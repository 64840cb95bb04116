import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endpoints } from './endpoints/endpoints.js';
import { latency } from './latency/latency.js';
import { login } from './login/login.js';
import { describeMachine, tabulateMachine, watchNeighbours } from './machine.js';
import { overload } from './overload/overload.js';
import { updateReadmes } from './readme.js';
import { renderReport } from './report/report.js';
import { scale } from './scale/scale.js';
import { stopServers } from './server/server-process.js';
import { sign } from './sign/sign.js';
import { startup } from './startup/startup.js';
import { stretch } from './stretch/stretch.js';
import { fromRoot, readResults, type Suite, type SuiteResult, tabulateGoals, writeResult } from './suite.js';
import { toText } from './table.js';

/** All suites, in order of the report. */
const SUITES: Suite[] = [stretch, sign, login, endpoints, latency, overload, startup, scale];
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
    out: { type: 'string', default: fromRoot('bench/results') },
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

await mkdir(values.out, { recursive: true });
const machine = describeMachine();
print(toText(tabulateMachine(machine)));
const took: string[] = [];
for (const suite of SUITES.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  // A suite that cannot run here (for example without /proc) must not stop the others.
  await runSuite(suite).catch((error: Error) => {
    print('', `${suite.title}: not measured: ${error.message}`);
    process.exitCode = 1;
  });
}
if (took.length > 0) print('', `Took ${took.join(', ')}; all ${Math.round(performance.now() / 1000)} s`);

const results = await readResults(values.out);
if (positionals.includes('readme')) await updateReadmes(results);
const reportPath = join(values.out, 'report.html');
const ordered = SUITES.flatMap(({ name }) => results.get(name) ?? []);
await writeFile(reportPath, renderReport(ordered, values));
print('', `Report: ${reportPath}`);

async function runSuite(suite: Suite): Promise<void> {
  const startedAt = new Date();
  const endWatch = watchNeighbours();
  const report = (step: string) => {
    const seconds = Math.round(performance.now() / 1000);
    process.stderr.write(`${String(seconds).padStart(4)} s  ${step}\n`);
  };
  const measured = await suite
    .run({ quick: values.quick, report, earlier: await readResults(values.out) })
    .finally(stopServers);
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
  took.push(`${suite.name} ${Math.round(result.durationSeconds)} s`);
  printResult(result);
  print('', `Written: ${await writeResult(values.out, result)}`);
}

function printResult({ title, sections, checks, neighbours }: SuiteResult): void {
  for (const section of sections) {
    print('', `${title}: ${section.title}`, section.method, '', toText(section.table));
  }
  if (neighbours) print('', neighbours);
  if (values.goals && checks.length > 0) print('', toText(tabulateGoals(checks)));
}

function print(...lines: string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
