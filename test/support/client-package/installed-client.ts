import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Teardown } from '../services/service-process.js';

/** Runs a program without the hooks that the test runner installs in child processes. */
export function run(program: string, args: string[], folder: string) {
  return promisify(execFile)('env', ['-u', 'NODE_OPTIONS', program, ...args], { cwd: folder });
}

export interface InstalledClient {
  project: string;
  folder: string;
  files: string[];
}

/** Installs what `npm publish` would publish, without the registry. */
export async function installClient(t: Teardown): Promise<InstalledClient> {
  const project = await mkdtemp(join(tmpdir(), 'client-package-'));
  t.teardown(() => rm(project, { recursive: true, force: true }));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], 'client');
  // The build prints before the JSON.
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [
    { filename: string; files: { path: string }[] },
  ];
  const dependencies = ['@noble/hashes'].map((name) => resolve('node_modules', name));
  const install = [
    'install',
    '--offline',
    '--no-audit',
    '--no-fund',
    `./${packed.filename}`,
    ...dependencies,
  ];
  await run('npm', install, project);
  const folder = join(project, 'node_modules', 'fxa-key-server-client');
  return { project, folder, files: packed.files.map(({ path }) => path) };
}
