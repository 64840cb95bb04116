/**
 * Runs the build steps whose inputs have changed: `node config/build/build.js [step …]`, by default all of
 * steps.js. A step is up to date if the hash of its command, inputs and tools equals that of its last run. It
 * covers contents, not times, so that a copy of a built tree is up to date.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { STEPS } from './steps.js';

const STAMPS = 'dist/.build';

process.chdir(resolve(import.meta.dirname, '../..'));
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const names = process.argv.slice(2);
const unknown = names.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) throw new Error(`no build step ${unknown.join(', ')}`);

const runs = new Map();
for (const step of STEPS) {
  if (names.length > 0 && !names.includes(step.name)) continue;
  runs.set(step.name, update(step, runs.get(step.after ?? '')));
}
const failed = (await Promise.allSettled(runs.values())).filter(({ status }) => status === 'rejected');
for (const { reason } of failed) process.stderr.write(`${reason.message}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;

async function update(step, earlier) {
  await earlier;
  const stampFile = join(STAMPS, step.name);
  const isBuilt = () => step.outputs.every((file) => existsSync(file));
  // Hash before the run, so that a change during the run causes another one.
  const stamp = hashInputs(step);
  if (isBuilt() && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  await run(step.name, step.command);
  if (!isBuilt()) return;
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stampFile, stamp);
}

function hashInputs({ command, inputs, packages = [] }) {
  const hash = createHash('sha256').update(command);
  for (const name of packages) hash.update(`\n${lock.packages[`node_modules/${name}`].version}`);
  for (const file of inputs.flatMap(listFiles)) hash.update(`\n${file}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

// A path may be missing: images have no test/.
function listFiles(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { withFileTypes: true }).filter(({ name }) => name !== 'dist');
  return entries
    .map(({ name }) => join(path, name))
    .sort()
    .flatMap(listFiles);
}

function run(name, command) {
  const env = { ...process.env, PATH: `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}` };
  const child = spawn(command, { shell: true, stdio: 'inherit', env });
  return new Promise((done, fail) => {
    child.on('exit', (code) =>
      code === 0 ? done() : fail(new Error(`build step ${name} failed: ${command}`)),
    );
  });
}
