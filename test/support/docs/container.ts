import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Kept between runs: building the base images takes minutes. */
const CACHE = join(tmpdir(), 'key-server-container');
const STORE = ['--storage-driver', 'vfs', '--root', join(CACHE, 'store'), '--runroot', join(CACHE, 'run')];
const DEBIAN = 'bookworm';
const NODE_MAJOR = 24;
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const BUILD_PACKAGES = ['ca-certificates', 'g++', 'make', 'python3'];

export function findContainerProblem(): string | undefined {
  if (process.platform !== 'linux') return 'containers need Linux';
  if (process.getuid?.() !== 0) return 'debootstrap and buildah need root';
  const missing = ['buildah', 'debootstrap'].filter((program) => !isInstalled(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')} (Debian packages)` : undefined;
}

function isInstalled(program: string): boolean {
  const directories = (process.env.PATH ?? '').split(':');
  return [...directories, '/usr/sbin'].some((directory) => existsSync(join(directory, program)));
}

export async function buildah(...args: string[]): Promise<string> {
  const { stdout } = await run('buildah', [...STORE, ...args], { maxBuffer: 2 ** 26 });
  return stdout.trim();
}

/** Isolation by chroot needs only root. */
export function startInContainer(container: string, options: string[], command: string[]) {
  const args = [...STORE, 'run', '--isolation', 'chroot', ...options, container, '--', ...command];
  return spawn('buildah', args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Images like node:24-bookworm and its slim variant, from Debian packages and the npm package of Node. */
export async function makeBaseImages(): Promise<{ build: string; runtime: string }> {
  mkdirSync(CACHE, { recursive: true });
  const node = await unpackNode();
  const npm = join(execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim(), 'npm');
  const bases = { build: 'localhost/key-server-build', runtime: 'localhost/key-server-runtime' };
  const known = await buildah('images', '--format', '{{.Name}}');
  for (const [kind, image] of Object.entries(bases)) {
    if (known.split('\n').includes(image)) continue;
    const container = await buildah('from', 'scratch');
    const packages = kind === 'build' ? BUILD_PACKAGES : [];
    await buildah('add', '--quiet', container, await bootstrap(kind, packages), '/');
    await buildah('copy', '--quiet', container, join(node, 'bin/node'), '/usr/local/bin/node');
    if (kind === 'build') {
      await buildah('copy', '--quiet', container, join(node, 'include'), '/usr/local/include');
      await buildah('copy', '--quiet', container, npm, '/usr/local/lib/node_modules/npm');
    }
    const link = 'ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm';
    const user = 'groupadd --gid 1000 node && useradd --create-home --uid 1000 --gid node node';
    await buildah('run', '--isolation', 'chroot', container, '--', 'sh', '-c', `${link} && ${user}`);
    await buildah('commit', '--quiet', '--rm', container, image);
  }
  return bases;
}

async function bootstrap(kind: string, packages: string[]): Promise<string> {
  const folder = join(CACHE, `debian-${kind}`);
  const done = join(CACHE, `debian-${kind}.done`);
  if (existsSync(done)) return folder;
  const include = packages.length > 0 ? [`--include=${packages.join(',')}`] : [];
  await run('debootstrap', ['--variant=minbase', ...include, DEBIAN, folder], { maxBuffer: 2 ** 26 });
  writeFileSync(done, '');
  return folder;
}

async function unpackNode(): Promise<string> {
  const folder = join(CACHE, 'node');
  if (existsSync(join(folder, 'package/bin/node'))) return join(folder, 'package');
  mkdirSync(folder, { recursive: true });
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  await run('npm', ['pack', '--silent', `node-linux-${architecture}@${NODE_MAJOR}`], { cwd: folder });
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  await run('tar', ['-xzf', tarball], { cwd: folder });
  return join(folder, 'package');
}

export async function buildImage(image: string): Promise<void> {
  const { build, runtime } = await makeBaseImages();
  const volumes = [
    [writeNpmConfiguration(), '/root/.npmrc'],
    [join(homedir(), '.npm'), '/root/.npm'],
    [dirname(CERTIFICATES), dirname(CERTIFICATES)],
  ].filter(([source = '']) => existsSync(source));
  await buildah(
    ...['bud', '--isolation', 'chroot', '--format', 'docker', '--quiet', '--tag', image],
    ...['--build-arg', `BUILD_IMAGE=${build}`, '--build-arg', `RUNTIME_IMAGE=${runtime}`],
    ...volumes.flatMap(([source, target]) => ['--volume', `${source}:${target}`]),
    ...['--file', 'Containerfile', '.'],
  );
}

function writeNpmConfiguration(): string {
  const own = join(homedir(), '.npmrc');
  const lines = existsSync(own) ? readFileSync(own, 'utf8').split('\n') : [];
  const kept = lines.filter((line) => !/^(nodedir|cafile) *=/.test(line));
  const file = join(CACHE, 'npmrc');
  writeFileSync(file, [...kept, `cafile=${CERTIFICATES}`, 'nodedir=/usr/local', ''].join('\n'));
  return file;
}
