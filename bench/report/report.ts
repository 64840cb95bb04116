import { escapeHtml } from '../../server/http/html.js';
import { type Machine, tabulateMachine } from '../machine.js';
import { type Section, type SuiteResult, tabulateGoals } from '../suite.js';
import { toHtml } from '../table.js';
import { drawChart } from './charts.js';
import { STYLE } from './style.js';

/** Renders the results, in their order, as one self-contained HTML page. */
export function renderReport(results: SuiteResult[], show: { goals: boolean }): string {
  const links = results.map(({ suite, title }) => `<a href="#${suite}">${escapeHtml(title)}</a>`).join('');
  const days = [...new Set(results.map(({ startedAt }) => startedAt.slice(0, 10)))].join(', ');
  const machine = results[0]?.machine;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Key server bench</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Key server bench</h1>
<p class="soft">Measured ${days || 'never'}.</p>
${machine ? toHtml(tabulateMachine(machine)) : ''}
<nav>${links}</nav>
</header>
<main>
${results.map((result) => renderSuite(result, machine, show)).join('\n')}
</main>
<footer>The highlighted bars are this server. Made by <code>npm run bench</code>; bench/README.md says how to repeat it.</footer>
</body>
</html>
`;
}

function renderSuite(result: SuiteResult, machine: Machine | undefined, show: { goals: boolean }): string {
  const { suite, title, sections, checks, durationSeconds, startedAt, quick, neighbours } = result;
  const differences = Object.entries(result.machine).filter(
    ([name, value]) => value !== machine?.[name as keyof Machine],
  );
  const run = [
    `${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(durationSeconds)} s${quick ? ', quick' : ''}`,
    ...differences.map(([name, value]) => `${name} ${value}`),
  ].join(', ');
  return `<h2 id="${suite}">${escapeHtml(title)}</h2>
<p class="soft">${escapeHtml(run)}</p>
${neighbours && `<p class="note">${neighbours}</p>`}
${sections.map(renderSection).join('\n')}
${show.goals && checks.length > 0 ? `<section><h3>Goals</h3>${toHtml(tabulateGoals(checks))}</section>` : ''}`;
}

function renderSection({ title, method, table, chart }: Section): string {
  const figure = chart
    ? `<figure class="chart"><figcaption>${escapeHtml(chart.title)}</figcaption>${drawChart(chart)}</figure>`
    : '';
  return `<section>
<h3>${escapeHtml(title)}</h3>
<p class="method">${escapeHtml(method)}</p>
<div class="side">${figure}
<div class="scroll">${toHtml(table)}</div></div>
</section>`;
}
