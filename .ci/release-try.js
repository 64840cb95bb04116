/**
 * Starts the server of an unpacked release, asks whether it is well, stops it, and runs `doctor` on its data:
 * `node .ci/release-try.js FOLDER DATA_DIR`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const [folder = '', dataDir = ''] = process.argv.slice(2);
const env = { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir };
const server = spawn(`${folder}/start`, { env, stdio: ['ignore', 'pipe', 'inherit'] });
const ended = once(server, 'exit');
for await (const line of createInterface(server.stdout)) {
  const { event, url } = JSON.parse(line);
  if (event !== 'listening') continue;
  const { status } = await fetch(`${url}/__heartbeat__`);
  const { version } = await (await fetch(`${url}/__version__`)).json();
  console.log(`The server of the tarball answers ${status}, version ${version}.`);
  server.kill('SIGTERM');
  if (status !== 200) process.exitCode = 1;
}
const [code] = await ended;
if (code !== 0) {
  console.error(`The server of the tarball ended with ${code}.`);
  process.exitCode = 1;
}
execFileSync('npm', ['run', 'admin', '--silent', '--', 'doctor'], { cwd: folder, env, stdio: 'inherit' });
