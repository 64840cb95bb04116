import { readFileSync } from 'node:fs';
import t from 'tap';
import { renderSettingsTable } from '../../config/settings-table.js';

/** Rows without the padding that the formatter lines columns up with. */
const cellsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^-+$/, '---')));

t.test('the README has the table of all settings as they are', async (t) => {
  const [, table = ''] = /<!-- settings -->([\s\S]*)<!-- \/settings -->/.exec(
    readFileSync('README.md', 'utf8'),
  ) as RegExpExecArray;
  t.same(cellsOf(table), cellsOf(renderSettingsTable()), 'run `npm run docs:settings`');
});
