import { escapeHtml } from '../../server/http/html.js';
import { type Check, isMet, type SuiteResult } from '../results.js';
import { formatNumber } from '../text-table.js';

/** Lists every goal with its figure, by suite. */
export function renderChecks(results: SuiteResult[]): string {
  const checks = results.flatMap(({ checks }) => checks);
  if (checks.length === 0) return '';
  const met = checks.filter(isMet).length;
  const groups = results.filter(({ checks }) => checks.length > 0).map(renderGroup);
  return `<h2>Goals</h2>
<p class="soft">${met} of ${checks.length} met.</p>
<div class="goals">${groups.join('\n')}</div>`;
}

function renderGroup({ title, suite, checks }: SuiteResult): string {
  return `<div class="group"><h3><a href="#${suite}">${escapeHtml(title)}</a></h3>
<ul>${checks.map(renderCheck).join('')}</ul></div>`;
}

function renderCheck(check: Check): string {
  const { what, measured, bound, goal, unit } = check;
  const met = isMet(check);
  const figure = `${formatMeasured(measured)} ${unit}`.trim();
  return `<li class="${met ? 'met' : 'missed'}"><span class="what">${escapeHtml(what)}</span>
<strong>${escapeHtml(figure)}</strong><span class="soft">${bound} ${formatMeasured(goal)}</span></li>`;
}

/** Formats integers unchanged and other numbers with their significant digits. */
function formatMeasured(value: number): string {
  const size = Math.abs(value);
  return formatNumber(value, Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
