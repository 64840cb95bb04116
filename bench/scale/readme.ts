import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { machineLines } from '../machine.js';
import type { SuiteResult, Table } from '../results.js';
import { formatCell } from '../text-table.js';
import { computeScale } from './scale.js';

const README = fileURLToPath(new URL('../../../bench/README.md', import.meta.url));
const BEGIN = '<!-- written by `npm run bench -- readme` -->';
const END = '<!-- end -->';

/** Writes the figures of the last runs into bench/README.md, between its two marks. */
export async function updateReadme(results: ReadonlyMap<string, SuiteResult>): Promise<void> {
  const readme = await readFile(README, 'utf8');
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('bench/README.md has lost its marks');
  const text = `${BEGIN}\n\n${renderFigures(results)}\n\n`;
  await writeFile(README, readme.slice(0, begin) + text + readme.slice(end));
}

/** The goals of every suite and the scale tables, in Markdown. */
export function renderFigures(results: ReadonlyMap<string, SuiteResult>): string {
  const { sections } = computeScale(results);
  const machine = [...results.values()][0]?.machine;
  const lines = machine ? machineLines(machine).map(([name, value]) => `${name} ${value}`) : [];
  return [
    `Measured on: ${lines.join('; ')}.`,
    ...sections.flatMap(({ title, method, table }) => [`### ${title}`, method, renderTable(table)]),
  ].join('\n\n');
}

function renderTable({ columns, rows }: Table): string {
  const isText = columns.map((_, i) => rows.every((row) => typeof row[i] === 'string'));
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ heading }) => heading)),
    line(isText.map((text) => (text ? '---' : '---:'))),
    ...rows.map((row) => line(columns.map((column, i) => formatCell(row[i], column)))),
  ].join('\n');
}
