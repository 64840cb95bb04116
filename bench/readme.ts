import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { drawChart } from './report/charts.js';
import { COLOURS } from './report/style.js';
import type { Section, SuiteResult, Table } from './results.js';
import { formatCell } from './text-table.js';

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const FIGURE = 'docs/figures/stretching.svg';

/** Writes the last results into README.md, bench/README.md and the figure that README.md shows. */
export async function updateReadmes(results: ReadonlyMap<string, SuiteResult>): Promise<void> {
  const [stretch, login] = [results.get('stretch'), results.get('login')];
  if (stretch && login) {
    await replaceBetweenMarks('README.md', 'figures', () => renderFigures(stretch, login));
    await mkdir(fromRoot('docs/figures'), { recursive: true });
    await writeFile(fromRoot(FIGURE), drawFigure(stretch));
  }
  if (stretch)
    await replaceBetweenMarks('bench/README.md', 'processors', (old) => addProcessor(old, stretch));
  const scale = results.get('scale');
  if (scale) {
    const text = scale.sections.map(renderSection).join('\n\n');
    await replaceBetweenMarks('bench/README.md', 'scale', () => text);
  }
}

/** @throws Error when the document lacks the marks */
async function replaceBetweenMarks(
  name: string,
  mark: string,
  replace: (old: string) => string,
): Promise<void> {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const text = await readFile(fromRoot(name), 'utf8');
  const [before, rest = ''] = text.split(begin);
  const [old, after] = rest.split(end);
  if (before === undefined || old === undefined || after === undefined)
    throw new Error(`${name} has no ${begin}`);
  await writeFile(fromRoot(name), `${before}${begin}\n\n${replace(old.trim())}\n\n${end}${after}`);
}

/** Renders the figure and a short table for README.md. */
export function renderFigures(stretch: SuiteResult, login: SuiteResult): string {
  const { cpu, cores, node } = stretch.machine;
  const [logins] = login.sections as [Section];
  return [
    '## Figures',
    `Measured with \`npm run bench -- stretch login${login.quick ? ' --quick' : ''}\` on ${cores} cores of an ${cpu}, Node ${node}.`,
    `![CPU of one password, by engine](${FIGURE})`,
    renderTable(logins.table),
  ].join('\n\n');
}

/** Renders a bar chart as a file, light and dark. */
export function drawFigure({ sections }: SuiteResult): string {
  const [chart] = (sections[0] as Section).charts;
  if (!chart) throw new Error('the stretch suite has no chart');
  const [svg = ''] = /<svg[\s\S]*<\/svg>/.exec(drawChart(chart)) ?? [];
  const style = `<style>${COLOURS} svg { color: var(--ink); font-family: system-ui, sans-serif; }</style>`;
  return `${svg.replace(/<svg(?![^>]*xmlns=)/, '<svg xmlns="http://www.w3.org/2000/svg"').replace(/>/, `>${style}`)}\n`;
}

/** Replaces the rows of a processor. */
export function addProcessor(old: string, { machine, sections }: SuiteResult): string {
  const rows = (sections[1] as Section).table.rows;
  const ratioOf = (name: string) => rows.find(([peer]) => peer === name)?.[4];
  const format = (ratio: unknown) => (typeof ratio === 'number' ? ratio.toFixed(2) : '');
  const own = ['native', 'wasm'].flatMap((engine) => {
    const [alone, four] = [ratioOf(`${engine}, alone`), ratioOf(`${engine}, four in step`)];
    return alone === undefined ? [] : [[machine.cpu, engine, machine.node, format(alone), format(four)]];
  });
  const others = old
    .split('\n')
    .slice(2)
    .filter((row) => row && !row.startsWith(`| ${machine.cpu} `));
  return [
    '| processor | engine | Node | scrypt alone, × node:crypto | four in step, × node:crypto |',
    '| --- | --- | --- | ---: | ---: |',
    ...own.map((cells) => `| ${cells.join(' | ')} |`),
    ...others,
  ].join('\n');
}

function renderSection({ title, method, table }: Section): string {
  return [`### ${title}`, method, renderTable(table)].join('\n\n');
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
