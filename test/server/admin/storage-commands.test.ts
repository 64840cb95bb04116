import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runAdmin } from '../../support/admin/run-admin.js';
import { createAccount, login } from '../../support/api/accounts.js';
import { ServerProcess } from '../../support/api/server-process.js';
import { startServer } from '../../support/api/start-server.js';

t.test('the storage key is changed while the server runs', async (t) => {
  const server = await startServer(t);
  const account = await createAccount(server);
  const old = (await readFile(join(server.dataDir, 'storage.key'), 'utf8')).trim();
  const fresh = randomBytes(32).toString('hex');
  const env = { DATA_DIR: server.dataDir, STORAGE_KEY: `${fresh},${old}` };
  const done = await runAdmin(env, 'storage', 'reencrypt', '--json');
  t.equal(done.code, 0, done.stderr);
  t.match(done.json, { remaining: 0 });
  t.ok((done.json.resealed as number) > 0);
  const withFreshOnly = { DATA_DIR: server.dataDir, STORAGE_KEY: fresh };
  t.equal((await runAdmin(withFreshOnly, 'account', 'show', account.uid)).code, 0);
  t.equal((await runAdmin(withFreshOnly, 'keys', 'list')).code, 0);
  const withOldOnly = await runAdmin({ ...env, STORAGE_KEY: old }, 'account', 'show', account.uid);
  t.equal(withOldOnly.code, 1);
  t.notMatch(withOldOnly.stderr + done.stdout, new RegExp(`${old}|${fresh}`));
  t.equal(
    (await runAdmin({ ...env, STORAGE_KEY: fresh }, 'storage', 'reencrypt', '--json')).json.resealed,
    0,
  );
});

t.test('the database is moved, and a server runs on the target', async (t) => {
  const server = await startServer(t);
  const account = await createAccount(server);
  await server.close();
  const target = t.testdir({});
  const file = join(target, 'key-server.sqlite');
  const env = { DATA_DIR: server.dataDir };
  t.equal(
    (await runAdmin(env, 'storage', 'move', '--to', `sqlite:${file}`)).code,
    1,
    'requires confirmation',
  );
  const source = `sqlite:${join(server.dataDir, 'key-server.sqlite')}`;
  const to = ['--to', `sqlite:${file}`, '--yes'];
  const moved = await runAdmin({}, 'storage', 'move', '--from', source, ...to, '--json');
  t.equal(moved.code, 0, moved.stderr);
  t.match(moved.json, { moved: [{ table: 'accounts', rows: 1 }] });
  const again = await runAdmin(env, 'storage', 'move', ...to);
  t.equal(
    (await runAdmin(env, 'storage', 'move', '--to', file, '--yes')).code,
    1,
    'a database requires a type',
  );
  t.equal(again.code, 1);
  t.match(again.stderr, 'move into an empty database');

  const STORAGE_KEY = (await readFile(join(server.dataDir, 'storage.key'), 'utf8')).trim();
  const after = await startServer(t, { DATA_DIR: target, STORAGE_KEY });
  t.ok(await login(after, account));

  await t.test('the moved database is not used by mistake', async (t) => {
    const refused = await new ServerProcess(t, { DATA_DIR: server.dataDir }).exit();
    t.match(refused, { code: 1, stdout: '', stderr: /^DATA_DIR: its database was moved: .*\.moved/ });
    for (const command of [
      ['account', 'list'],
      ['storage', 'reencrypt'],
    ])
      t.match(await runAdmin(env, ...command), { code: 1, stderr: /was moved/ });
    t.match(await runAdmin(env, 'doctor'), { code: 1, stdout: /broken +database +was moved/ });
  });

  await t.test('data that is moved back is used again', async (t) => {
    await after.close();
    await rm(join(server.dataDir, 'key-server.sqlite'));
    const back = ['--from', `sqlite:${file}`, '--to', source, '--yes'];
    t.equal((await runAdmin({}, 'storage', 'move', ...back)).code, 0);
    t.ok(await login(await startServer(t, { DATA_DIR: server.dataDir }), account));
  });
});

t.test('a source that cannot be marked as moved is named, and the move is complete', async (t) => {
  const server = await startServer(t);
  await server.close();
  // A folder in its place: even root cannot write it as a file.
  await mkdir(join(server.dataDir, 'key-server.sqlite.moved'));
  const source = `sqlite:${join(server.dataDir, 'key-server.sqlite')}`;
  const to = `sqlite:${join(t.testdir({}), 'new.sqlite')}`;
  const moved = await runAdmin({}, 'storage', 'move', '--from', source, '--to', to, '--yes');
  t.match(moved, { code: 0, stdout: /EISDIR.*cannot be marked as moved/ });
});
