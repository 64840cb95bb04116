import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ServerProcess } from '../support/api/server-process.js';
import { makeDataDir, startServer } from '../support/api/start-server.js';

const STORAGE_KEY = 'ab'.repeat(32);

t.test('an invalid DATA_DIR and an invalid storage.key are reported', async (t) => {
  const directory = await makeDataDir(t);
  const file = join(directory, 'file');
  await writeFile(file, '');
  const notMade = await new ServerProcess(t, { DATA_DIR: join(file, 'data') }).exit();
  t.match(notMade, { code: 1, stderr: /^DATA_DIR\b.*\n$/ });
  await writeFile(join(directory, 'storage.key'), 'no key\n');
  const broken = await new ServerProcess(t, { DATA_DIR: directory }).exit();
  t.match(broken, { code: 1, stderr: /^STORAGE_KEY: .*storage\.key must contain 64 hex digits: .*\n$/ });
  const writable = await makeDataDir(t);
  // A folder in its place: even root cannot read it as a file.
  await mkdir(join(writable, 'storage.key'), { mode: 0o700 });
  const unreadable = await new ServerProcess(t, { DATA_DIR: writable }).exit();
  t.match(unreadable, {
    code: 1,
    stdout: '',
    stderr: /^STORAGE_KEY: .*storage\.key cannot be read \(EISDIR\): .*\n$/,
  });
  // Not even root can create a file there or change its mode.
  const notWritten = await new ServerProcess(t, { DATA_DIR: '/proc/self' }).exit();
  t.match(notWritten, {
    code: 1,
    stdout: /^{.*"event":"modeNotTightened".*"reason":"foreignFiles"}\n$/,
    stderr: /^DATA_DIR: \/proc\/self cannot be written to \(\w+\): .*\n$/,
  });
});

t.test('an invalid database, or one with other keys, is reported with advice', async (t) => {
  const directory = await makeDataDir(t);
  await writeFile(join(directory, 'key-server.sqlite'), 'not a database', { mode: 0o600 });
  const none = await new ServerProcess(t, { DATA_DIR: directory }).exit();
  t.match(none, {
    code: 1,
    stdout: '',
    stderr: /^DATA_DIR: .*key-server\.sqlite: .*SQLITE_NOTADB.*: check that .*\n$/,
  });
  const { dataDir, close } = await startServer(t);
  await close();
  const other = await new ServerProcess(t, { DATA_DIR: dataDir, STORAGE_KEY }).exit();
  t.match(other, {
    code: 1,
    stdout: '',
    stderr: /^STORAGE_KEY: no storage key opens .*: set the keys .*\n$/,
  });
  t.notMatch(other.stderr, STORAGE_KEY);
});
