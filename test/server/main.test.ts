import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig } from '../../config/load.js';
import { loadStorageKeys } from '../../server/storage-key.js';
import { accept } from '../support/api/accounts.js';
import { send } from '../support/api/send.js';
import { ServerProcess } from '../support/api/server-process.js';
import { makeDataDir } from '../support/api/start-server.js';
import { findFreePort } from '../support/services/free-port.js';

const STORAGE_KEY = 'ab'.repeat(32);

t.test('invalid settings end the start with one line each', async (t) => {
  const env = {
    DATA_DIR: await makeDataDir(t),
    PORT: 'http',
    MAX_SESSIONS: '0',
    SMTP_URL: 'http://user:hunter2@x',
  };
  const { code, stdout, stderr } = await new ServerProcess(t, env).exit();
  t.equal(code, 1);
  t.equal(stdout, '');
  t.same(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':')[0]),
    ['PORT', 'SMTP_URL', 'MAX_SESSIONS'],
  );
  t.notMatch(stderr, /hunter2/);
});

t.test('PostgreSQL without a storage key ends the start', async (t) => {
  const env = { DATA_DIR: await makeDataDir(t), DATABASE_URL: 'postgres://user:hunter2@127.0.0.1:1/fxa' };
  const { code, stderr } = await new ServerProcess(t, env).exit();
  t.equal(code, 1);
  t.match(stderr, /^STORAGE_KEY is required with DATABASE_URL.*\n$/);
});

t.test('a port in use is reported', async (t) => {
  const port = await findFreePort();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  t.teardown(() => void other.close());
  const env = { DATA_DIR: await makeDataDir(t), PORT: String(port) };
  const { code, stderr } = await new ServerProcess(t, env).exit();
  t.equal(code, 1);
  t.match(stderr, new RegExp(`^PORT\\b.*${port}.*in use.*\\n$`));
});

t.test('an unavailable database ends the start', async (t) => {
  const env = {
    DATA_DIR: await makeDataDir(t),
    DATABASE_URL: 'postgres://user:hunter2@127.0.0.1:1/fxa',
    STORAGE_KEY,
  };
  const { code, stdout, stderr } = await new ServerProcess(t, env).exit();
  t.equal(code, 1);
  t.equal(stdout, '');
  t.match(stderr, /^DATABASE_URL: database is unavailable \(.*ECONNREFUSED.*\): check that it runs.*\n$/);
  t.notMatch(stdout + stderr, /hunter2/);
});

t.test('empty variables are unset', async (t) => {
  const env = {
    DATA_DIR: await makeDataDir(t),
    REDIS_URL: '',
    DATABASE_URL: '',
    SMTP_URL: '',
    LOG_LEVEL: '',
  };
  const server = await new ServerProcess(t, env).listening();
  t.equal((await send(server, '/__heartbeat__', { method: 'GET' })).status, 200);
  t.equal(accept(await send(server, '/__version__', { method: 'GET' })).name, 'fxa-key-server');
});

t.test('a start killed while it created the storage key can be repeated', async (t) => {
  const DATA_DIR = await makeDataDir(t);
  // As in a container, the next process has the same pid.
  await writeFile(join(DATA_DIR, `storage.key.${process.pid}`), '');
  const config = loadConfig({ DATA_DIR });
  const keys = await loadStorageKeys(config);
  t.equal(keys[0]?.length, 32);
  t.same(await loadStorageKeys(config), keys);
});

t.test('an https PUBLIC_URL without TRUST_PROXY causes a warning', async (t) => {
  for (const [env, warned] of [
    [{ PUBLIC_URL: 'https://accounts.example.org' }, true],
    [{ PUBLIC_URL: 'https://accounts.example.org', TRUST_PROXY: 'loopback' }, false],
    [{ PUBLIC_URL: 'http://accounts.example.org' }, false],
  ] as const) {
    const server = await new ServerProcess(t, { DATA_DIR: await makeDataDir(t), ...env }).listening();
    server.kill('SIGTERM');
    const { stdout } = await server.exit();
    t.equal(/"level":"warn".*"event":"proxyNotTrusted"/.test(stdout), warned, JSON.stringify(env));
  }
});
