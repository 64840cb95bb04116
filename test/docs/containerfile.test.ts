import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { validate } from 'dockerfile-utils';
import t from 'tap';
import { START_ARGUMENTS } from '../support/api/start-command.js';
import { startServer } from '../support/api/start-server.js';

const text = readFileSync('Containerfile', 'utf8');
const instructions = text
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter(Boolean);
const argumentsOf = (name: string) =>
  instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));

t.test('the linter finds no fault in the Containerfile', async (t) => {
  t.same(
    validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`),
    [],
  );
  t.not(validate('FROM scratch\nCOPI a b\n').length, 0, 'the linter detects errors');
});

t.test('the image runs as an unprivileged user with its own volume', async (t) => {
  const lastStage = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
  t.ok(lastStage.includes('USER node'));
  t.ok(lastStage.includes('STOPSIGNAL SIGTERM'));
  t.ok(lastStage.includes('VOLUME ["/data"]'));
  const [environment] = lastStage.filter((line) => line.startsWith('ENV '));
  t.match(environment, 'DATA_DIR=/data');
  t.match(environment, 'HOST=0.0.0.0');
  t.ok(
    lastStage.indexOf('USER node') > lastStage.findIndex((line) => line.startsWith('RUN install -d -o node')),
  );
  t.same(JSON.parse(lastStage.at(-1)?.slice('CMD '.length) ?? ''), ['node', ...START_ARGUMENTS]);
});

t.test('copied files exist, and required files are not ignored', async (t) => {
  const [manifests] = argumentsOf('COPY');
  for (const file of manifests?.split(' ').slice(0, -1) ?? []) t.ok(existsSync(file), file);
  const ignored = readFileSync('.containerignore', 'utf8').split('\n').filter(Boolean);
  const needed = ['package.json', 'package-lock.json', 'tsconfig.json'];
  const folders = ['config', 'protocol', 'server', 'storage', 'workers'];
  t.same(
    [...needed, ...folders].filter((name) => ignored.includes(name)),
    [],
  );
  for (const secret of ['var', '.git', 'node_modules']) t.ok(ignored.includes(secret), secret);
});

t.test('the health check follows the server’s health', async (t) => {
  const [healthCheck] = argumentsOf('HEALTHCHECK');
  const [program, ...args] = JSON.parse(healthCheck?.split(' CMD ')[1] ?? '') as [string, ...string[]];
  t.equal(program, 'node');
  const server = await startServer(t);
  const env = { ...process.env, PORT: new URL(server.url).port };
  await t.resolves(promisify(execFile)(process.execPath, args, { env }));
  await server.close();
  await t.rejects(promisify(execFile)(process.execPath, args, { env }), { code: 1 });
});
