import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import t from 'tap';
import { KeyServerClient } from '../../client/key-server-client.js';
import { createNodeEngine } from '../../client/node-engine.js';
import { SrpClient } from '../../client/srp-client.js';
import { makeDataDir, startServer } from '../support/api/start-server.js';
import { readCodeBlock } from '../support/docs/code-block.js';

const password = 'correct horse';

function backUp(dataDir: string, file: string): Promise<void> {
  const block = readCodeBlock('docs/operators/backup.md', 'sqlite-backup');
  const [, database, statement] = /^sqlite3 (\S+) "(VACUUM INTO )'/m.exec(block) ?? [];
  if (!database || !statement) throw new Error(`no statement in ${block}`);
  const name = database.split('/').at(-1) as string;
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null) => (error ? reject(error) : resolve());
    const source = new sqlite3.Database(join(dataDir, name), sqlite3.OPEN_READONLY, (error) => {
      if (error) return reject(error);
      source.exec(`${statement}'${file}'`, (error) => source.close(() => settle(error)));
    });
  });
}

t.test('a backup of a running server restores accounts, keys and sessions', async (t) => {
  const server = await startServer(t);
  const client = new KeyServerClient({ url: server.url });
  const srp = new SrpClient(client, createNodeEngine());
  const { uid } = await srp.createAccount('before@example.com', password);
  await client.recoveryEmail.verifyCode(uid, await server.mailbox.readCode('x-verify-code', uid));
  const login = await srp.login('before@example.com', password);
  const keys = await srp.fetchKeys(login.keyFetchToken, login.unwrapBKey);
  const { 'public-key': signingKey } = await client.getSupportDocument();

  const restored = await makeDataDir(t);
  await backUp(server.dataDir, join(restored, 'key-server.sqlite'));
  await srp.createAccount('after@example.com', password);
  await copyFile(join(server.dataDir, 'storage.key'), join(restored, 'storage.key'));
  await server.close();

  const again = await startServer(t, { DATA_DIR: restored });
  const newClient = new KeyServerClient({ url: again.url });
  const newSrp = new SrpClient(newClient, createNodeEngine());
  t.match(await newClient.recoveryEmail.status(login.sessionToken), { verified: true });
  const newLogin = await newSrp.login('before@example.com', password);
  t.same(await newSrp.fetchKeys(newLogin.keyFetchToken, newLogin.unwrapBKey), keys);
  t.same((await newClient.getSupportDocument())['public-key'], signingKey, 'certificates still verify');
  await t.rejects(newSrp.login('after@example.com', password), { name: 'ApiError', errno: 102 });
});

t.test('a backup without storage.key cannot be opened', async (t) => {
  const server = await startServer(t);
  const srp = new SrpClient(new KeyServerClient({ url: server.url }), createNodeEngine());
  await srp.createAccount('me@example.com', password);
  const restored = await makeDataDir(t);
  await mkdir(restored, { recursive: true });
  await backUp(server.dataDir, join(restored, 'key-server.sqlite'));
  await t.rejects(startServer(t, { DATA_DIR: restored }), { message: /no storage key opens/ });
});
