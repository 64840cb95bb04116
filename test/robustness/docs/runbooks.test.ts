import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { accept, makeEmail, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { readCodeBlock } from '../../support/docs/code-block.js';
import { findFreePort } from '../../support/services/free-port.js';
import { startPostgres } from '../../support/services/postgres.js';
import { startRedis } from '../../support/services/redis.js';

const RUNBOOKS = 'docs/operators/runbooks.md';
const run = promisify(execFile);

t.test('every command of the runbooks works as written', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'runbooks-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [postgres, redis] = [
    await startPostgres(t),
    await startRedis(t, { args: ['--requirepass', 'secret'] }),
  ];
  const settings = {
    DATABASE_URL: await postgres.createDatabase(),
    REDIS_URL: `redis://default:secret@127.0.0.1:${redis.port}`,
    STORAGE_KEY: 'ab'.repeat(32),
    DATA_DIR: join(folder, 'data'),
    STRETCH_THREADS: '1',
    STRETCH_NICE: '0',
  };
  const metricsPort = String(await findFreePort());
  const server = await startServer(t, { ...settings, METRICS_PORT: metricsPort, RATE_LIMITS: 'on' });
  const email = makeEmail();
  const logIn = (password: string) =>
    send(server, '/v1/raw_password/session/create', { body: { email: toHex(email), password } });
  const body = { email: toHex(email), password: 'right' };
  accept(await send(server, '/v1/raw_password/account/create', { body }));
  accept(await logIn('right'));
  t.equal((await logIn('wrong')).body.errno, 103);

  const env = {
    ...settings,
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    URL: server.url,
    METRICS: `http://127.0.0.1:${metricsPort}`,
    LOG: join(folder, 'log'),
    BACKUP: join(folder, 'backup'),
    ACCOUNT: email,
  };
  await mkdir(env.BACKUP);
  await writeFile(env.LOG, server.logLines.join(''));
  const marked = [...(await readFile(RUNBOOKS, 'utf8')).matchAll(/<!-- (runbook: [\w ]+) -->/g)];
  const names = marked.map(([, name]) => name as string);
  const fences = [...(await readFile(RUNBOOKS, 'utf8')).matchAll(/^```sh$/gm)];
  t.equal(names.length, fences.length, 'the test runs every block of commands');
  // In one shell, so that the rotated key stays in the environment.
  const script = names.map((name) => `echo; echo '### ${name}'\n${readCodeBlock(RUNBOOKS, name)}`).join('\n');
  const ran = run('bash', ['--norc', '-euo', 'pipefail', '-c', script], { env });
  await t.resolves(ran, 'every command succeeds');
  const { stdout } = await ran.catch((error: { stdout: string }) => error);
  const output = Object.fromEntries(
    stdout.split(/^### /m).map((part) => part.split(/\n(.*)/s).slice(0, 2) as [string, string]),
  );
  t.match(output['runbook: signing key'], /RS-1 is withdrawn[\s\S]*signingKeyWithdrawn[\s\S]*public-key/);
  t.match(output['runbook: storage key'], /re-encrypted with the first of 2 storage keys/);
  t.match(output['runbook: account'], /1 "source":"127\.0\.0\.1"/);
  t.match(output['runbook: account'], /is locked, [\s\S]*is unlocked/);
  t.match(output['runbook: redis'], /PONG[\s\S]*OK/);
  t.match(output['runbook: logins'], /keyserver_pool_threads[\s\S]*STRETCH_THREADS=/);
  t.match(output['runbook: restore'], new RegExp(email));
});
