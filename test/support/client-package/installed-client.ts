import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Teardown } from '../services/service-process.js';

/**
 * Runs a program in a folder, without what the test runner hooks into every Node program that tests start.
 * @throws Error with what it printed when it exits non-zero
 */
export function run(program: string, args: string[], folder: string) {
  return promisify(execFile)('env', ['-u', 'NODE_OPTIONS', program, ...args], { cwd: folder });
}

/** The client's package, built, packed, and installed into a project of its own. */
export interface InstalledClient {
  /** The project's folder. */
  project: string;
  /** The package in it. */
  folder: string;
  /** File names in the tarball. */
  files: string[];
}

/** Takes what `npm publish` would publish and installs it as a user would; the registry is not asked. */
export async function installClient(t: Teardown): Promise<InstalledClient> {
  const project = await mkdtemp(join(tmpdir(), 'client-package-'));
  t.teardown(() => rm(project, { recursive: true, force: true }));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', project], 'client');
  // The build prints before it.
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
