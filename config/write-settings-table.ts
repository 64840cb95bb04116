/** Writes the settings table into README.md, between its two markers: `npm run docs:settings`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { renderSettingsTable } from './settings-table.js';

const readme = readFileSync('README.md', 'utf8');
const written = readme.replace(
  /(<!-- settings -->\n)[\s\S]*?(\n<!-- \/settings -->)/,
  (_, start: string, end: string) => `${start}\n${renderSettingsTable()}\n${end}`,
);
writeFileSync('README.md', written);
