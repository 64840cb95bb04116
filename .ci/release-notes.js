/** Prints the CHANGELOG's section of a version: `node .ci/release-notes.js 0.1.0`. Fails unless it has a date. */
import { readFileSync } from 'node:fs';

const [version = ''] = process.argv.slice(2);
const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^(?=## )/m);
const section = sections.find((text) => text.startsWith(`## [${version}] - `));
if (!section || !/^## \[[^\]]+\] - \d{4}-\d{2}-\d{2}\n/.test(section)) {
  console.error(`CHANGELOG.md has no section "## [${version}] - <date>"`);
  process.exit(1);
}
process.stdout.write(section.replace(/^.*\n+/, ''));
