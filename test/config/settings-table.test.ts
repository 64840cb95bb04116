import { readFileSync } from 'node:fs';
import t from 'tap';
import { renderSettingsTable } from '../../config/settings-table.js';

t.test('the README has the table of all settings as they are', async (t) => {
  t.ok(readFileSync('README.md', 'utf8').includes(renderSettingsTable()), 'run `npm run docs:settings`');
});
