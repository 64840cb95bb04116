import { escapeHtml } from '../../server/http/html.js';
import { type Machine, machineLines } from '../machine.js';
import type { Cell, Chart, Section, SuiteResult, Table } from '../results.js';
import { formatCell, formatNumber } from '../text-table.js';
import { drawChart } from './charts.js';
import { renderChecks } from './checks.js';
import { STYLE } from './style.js';

/**
 * Renders the results as one self-contained HTML page.
 * @param results in order of the page
 * @param show.goals whether to show the goals of the project
 */
export function renderReport(results: SuiteResult[], show: { goals: boolean }): string {
  const links = results.map(({ suite, title }) => `<a href="#${suite}">${escapeHtml(title)}</a>`).join('');
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
<p class="soft">${describeRuns(results)}</p>
${results[0] ? renderMachine(results[0].machine) : ''}
<nav>${links}</nav>
</header>
<main>
${show.goals ? renderChecks(results) : ''}
${results.map((result) => renderSuite(result, results[0]?.machine)).join('\n')}
</main>
<footer>The highlighted bars are this server. Made by <code>npm run bench</code>; bench/README.md says how to repeat it.</footer>
</body>
</html>
`;
}

function describeRuns(results: SuiteResult[]): string {
  const days = [...new Set(results.map(({ startedAt }) => startedAt.slice(0, 10)))].join(', ');
  const quick = results.filter((result) => result.quick).map(({ title }) => title);
  return `Measured ${days || 'never'}.${quick.length > 0 ? ` A quick first look: ${escapeHtml(quick.join(', '))}.` : ''}`;
}

function renderMachine(machine: Machine): string {
  const items = machineLines(machine).map(
    ([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl class="machine">${items.join('')}</dl>`;
}

function renderSuite(result: SuiteResult, firstMachine: Machine | undefined): string {
  const { suite, title, sections, durationSeconds, startedAt, machine } = result;
  const elsewhere = JSON.stringify(machine) !== JSON.stringify(firstMachine);
  return `<h2 id="${suite}">${escapeHtml(title)}</h2>
<p class="soft">${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${Math.round(durationSeconds)} s${result.quick ? ', quick' : ''}.
${elsewhere ? ` On ${escapeHtml(describeDifference(machine, firstMachine))}.` : ''}</p>
${renderNeighbours(result)}
${sections.map(renderSection).join('\n')}`;
}

function describeDifference(machine: Machine, other: Machine | undefined): string {
  const lines = machineLines(machine);
  const others = other ? machineLines(other) : [];
  return lines
    .filter(([, value], i) => value !== others[i]?.[1])
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function renderNeighbours({ neighbours }: SuiteResult): string {
  if (!neighbours || neighbours.otherCores + neighbours.stolenCores <= 0.1) return '';
  return `<p class="note">Other processes kept ${formatNumber(neighbours.otherCores, 2)} cores busy meanwhile,
other machines on the same hardware ${formatNumber(neighbours.stolenCores, 2)}. Wall times suffer from that more than ratios do.</p>`;
}

function renderSection({ title, method, table, charts }: Section): string {
  const draw = (chart: Chart) =>
    `<figure class="chart ${chart.kind}"><figcaption>${escapeHtml(chart.title)}</figcaption>${drawChart(chart)}</figure>`;
  return `<section>
<h3>${escapeHtml(title)}</h3>
<p class="method">${escapeHtml(method)}</p>
<div class="side">${charts.map(draw).join('\n')}
<div class="scroll">${renderTable(table)}</div></div>
</section>`;
}

function renderTable({ columns, rows }: Table): string {
  const isText = columns.map((_, i) => rows.every((row) => typeof row[i] === 'string'));
  const cell = (tag: 'th' | 'td', text: string, i: number) =>
    `<${tag}${isText[i] ? ' class="text"' : ''}>${escapeHtml(text)}</${tag}>`;
  const head = columns.map(({ heading }, i) => cell('th', heading, i)).join('');
  const renderRow = (row: Cell[]) =>
    `<tr>${columns.map((column, i) => cell('td', formatCell(row[i], column), i)).join('')}</tr>`;
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.map(renderRow).join('')}</tbody></table>`;
}
