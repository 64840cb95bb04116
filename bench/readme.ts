import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { drawChart } from './report/charts.js';
import { COLOURS } from './report/style.js';
import { fromRoot, type Section, type SuiteResult } from './suite.js';
import { toMarkdown } from './table.js';

const FIGURE = 'docs/figures/stretching.svg';
const KEYCLOAK = 'https://www.keycloak.org/high-availability/single-cluster/concepts-memory-and-cpu-sizing';

/** Writes the last results into README.md, bench/README.md and the figure that README.md shows. */
export async function updateReadmes(results: ReadonlyMap<string, SuiteResult>): Promise<void> {
  const [stretch, login, scale] = ['stretch', 'login', 'scale'].map((suite) => results.get(suite));
  if (stretch && login) {
    await replaceBetweenMarks('README.md', 'figures', () => renderFigures(stretch, login));
    await writeFile(fromRoot(FIGURE), drawFigure(stretch));
  }
  if (stretch) {
    await replaceBetweenMarks('bench/README.md', 'processors', (old) => addProcessor(old, stretch));
  }
  if (scale) {
    const render = ({ title, method, table }: Section) => `### ${title}\n\n${method}\n\n${toMarkdown(table)}`;
    await replaceBetweenMarks('bench/README.md', 'scale', () => scale.sections.map(render).join('\n\n'));
  }
  // Aligns the tables.
  execFileSync(fromRoot('node_modules/.bin/biome'), ['format', '--write', 'README.md', 'bench/README.md'], {
    cwd: fromRoot('.'),
  });
}

async function replaceBetweenMarks(
  name: string,
  mark: string,
  replace: (old: string) => string,
): Promise<void> {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const text = await readFile(fromRoot(name), 'utf8');
  const old = text.split(begin)[1]?.split(end)[0];
  if (old === undefined) throw new Error(`${name} has no ${begin}`);
  const replaced = `${begin}\n\n${replace(old.trim())}\n\n`;
  await writeFile(
    fromRoot(name),
    text.replace(begin + old, () => replaced),
  );
}

export function renderFigures(stretch: SuiteResult, login: SuiteResult): string {
  const { cpu, node } = nameMachine(stretch);
  const quick = login.quick ? ' --quick' : '';
  const { table } = login.sections[0] as Section;
  const cores = Number(login.machine.Cores);
  const eight = table.rows.find(([engine, load]) => engine === 'native' && load === 'eight at once');
  return [
    '## Figures',
    `Measured with \`npm run bench -- stretch login${quick}\` on ${cores} cores of an ${cpu}, Node ${node}.`,
    `![CPU of one password, by engine](${FIGURE})`,
    toMarkdown(table),
    ...(eight ? [compareWithKeycloak(Number(eight[2]) / cores)] : []),
  ].join('\n\n');
}

function compareWithKeycloak(loginsPerCore: number): string {
  return [
    `The native engine serves ${loginsPerCore.toFixed(1)} raw logins a second on each core, while the clients of the bench use`,
    `the same cores. Each login fills 64 MiB for scrypt. Keycloak recommends`,
    `[one vCPU for 15 password logins a second](${KEYCLOAK}); its default password hash, Argon2, fills 7 MiB.`,
  ].join('\n');
}

/** Renders the chart of the stretch suite as a file for light and dark pages. */
export function drawFigure({ sections }: SuiteResult): string {
  const { chart } = sections[0] as Section;
  if (!chart) throw new Error('the stretch suite has no chart');
  const style = `<style>${COLOURS} svg { color: var(--ink); font-family: system-ui, sans-serif; }</style>`;
  return `${drawChart(chart)
    .replace(/<svg(?![^>]*xmlns=)/, '<svg xmlns="http://www.w3.org/2000/svg"')
    .replace(/>/, `>${style}`)}\n`;
}

/** Replaces the rows of this machine's processor. */
export function addProcessor(old: string, stretch: SuiteResult): string {
  const { rows } = (stretch.sections[1] as Section).table;
  const ratioOf = (name: string) => rows.find(([peer]) => peer === name)?.[4];
  const format = (ratio: unknown) => (typeof ratio === 'number' ? ratio.toFixed(2) : '');
  const { cpu, node } = nameMachine(stretch);
  const own = ['native', 'wasm'].flatMap((engine) => {
    const [alone, four] = [ratioOf(`${engine}, alone`), ratioOf(`${engine}, four in step`)];
    return alone === undefined
      ? []
      : [`| ${cpu} | ${engine} | ${node} | ${format(alone)} | ${format(four)} |`];
  });
  const [, , ...others] = old.split('\n');
  return [
    '| processor | engine | Node | scrypt alone, × node:crypto | four in step, × node:crypto |',
    '| --- | --- | --- | ---: | ---: |',
    ...own,
    ...others.filter((row) => row && row.split('|')[1]?.trim() !== cpu),
  ].join('\n');
}

/** Returns the names of processor and Node without their parentheses, such as “(virtual machine)”. */
function nameMachine({ machine: { CPU, Node } }: SuiteResult) {
  return { cpu: CPU.replace(/ \(.*/, ''), node: Node.replace(/ .*/, '') };
}
