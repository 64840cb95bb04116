/** Prints the package.json of a release: without development dependencies and the scripts that need them. */
import { readFileSync } from 'node:fs';

const { devDependencies: _, scripts, ...manifest } = JSON.parse(readFileSync('package.json', 'utf8'));
const kept = Object.entries(scripts).filter(([, command]) => /^node (?!dist\/(test|bench))/.test(command));
console.log(JSON.stringify({ ...manifest, scripts: Object.fromEntries(kept) }, null, 2));
