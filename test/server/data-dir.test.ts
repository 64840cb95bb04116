import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { createAccount } from '../support/api/accounts.js';
import { ServerProcess } from '../support/api/server-process.js';
import { makeDataDir, startServer } from '../support/api/start-server.js';

const FILES = ['key-server.sqlite', 'key-server.sqlite-wal', 'key-server.sqlite-shm', 'storage.key'];

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

for (const umask of [0o000, 0o022]) {
  t.test(`under umask ${umask.toString(8)} only the server can access DATA_DIR`, async (t) => {
    const before = process.umask(umask);
    t.teardown(() => process.umask(before));
    const dataDir = join(await makeDataDir(t), 'made', 'by-the-server');
    const server = await new ServerProcess(t, { DATA_DIR: dataDir }).listening();
    t.equal(await modeOf(dataDir), '700');
    for (const name of FILES) t.equal(await modeOf(join(dataDir, name)), '600', name);
    server.kill('SIGTERM');
    await server.exit();
  });
}

t.test('a start restricts open modes and logs it', async (t) => {
  const { dataDir, close } = await startServer(t);
  await close();
  const open = ['key-server.sqlite', 'storage.key'].map((name) => join(dataDir, name));
  for (const path of open) await chmod(path, 0o644);
  await chmod(dataDir, 0o755);
  const { logLines } = await startServer(t, { DATA_DIR: dataDir });
  t.equal(await modeOf(dataDir), '700');
  for (const name of FILES) t.equal(await modeOf(join(dataDir, name)), '600', name);
  const lines = logLines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'modeTightened');
  t.match(lines, [
    { path: dataDir, mode: '0755', wanted: '0700' },
    ...open.map((path) => ({ path, mode: '0644', wanted: '0600' })),
  ]);
});

t.test('a shared directory is not changed, and a warning is logged', async (t) => {
  const dataDir = await makeDataDir(t);
  await chmod(dataDir, 0o1777);
  const { logLines } = await startServer(t, { DATA_DIR: dataDir });
  t.equal(await modeOf(dataDir), '777');
  t.match(
    logLines.map((line) => JSON.parse(line)).find(({ event }) => event === 'modeNotTightened'),
    { level: 'warn', path: dataDir, reason: 'shared' },
  );
});

t.test('a directory with other files keeps its mode, with a warning; the database does not', async (t) => {
  const dataDir = await makeDataDir(t);
  const [mail, database] = [join(dataDir, 'mail'), join(dataDir, 'key-server.sqlite')];
  await mkdir(mail);
  for (const folder of [dataDir, mail]) await chmod(folder, 0o755);
  await writeFile(join(dataDir, 'file'), '');
  // The second start finds the files of the first.
  for (const start of ['first', 'second']) {
    const { logLines, close } = await startServer(t, { DATA_DIR: dataDir });
    await close();
    t.equal(await modeOf(dataDir), '755', start);
    t.equal(await modeOf(mail), '755', start);
    t.equal(await modeOf(database), '600', start);
    t.match(
      logLines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'modeNotTightened'),
      [dataDir, mail].map((path) => ({ level: 'warn', path, reason: 'foreignFiles' })),
    );
    await chmod(database, 0o644);
  }
});

t.test('no file contains the address of a destroyed account', async (t) => {
  const server = await startServer(t);
  const accounts = [];
  for (let i = 0; i < 30; i++) accounts.push(await createAccount(server, { verified: false }));
  const database = join(server.dataDir, 'key-server.sqlite');
  const find = async (email: string) => {
    const files = await Promise.all([database, `${database}-wal`].map((path) => readFile(path)));
    return files.some((content) => content.includes(email));
  };
  const { storage } = server.services;
  for (const [i, { uid, email }] of accounts.entries()) {
    if (i % 3) continue;
    t.equal(await find(email), true, 'there before');
    const account = await storage.accounts.findByUid(uid);
    t.equal(await storage.accounts.destroy(uid, account?.generation ?? 0), true);
    t.equal(await find(email), false, 'gone after');
  }
  t.equal(await find(accounts[1]?.email ?? ''), true, 'others stay');
});
