/** Prints the package.json of a release: without development dependencies, with the scripts that run its programs. */
import { readFileSync } from 'node:fs';

const { devDependencies: _, scripts, ...manifest } = JSON.parse(readFileSync('package.json', 'utf8'));
const kept = Object.entries(scripts).filter(([, command]) => /^node (--\S+ )*dist\/bundle\//.test(command));
console.log(JSON.stringify({ ...manifest, scripts: Object.fromEntries(kept) }, null, 2));
