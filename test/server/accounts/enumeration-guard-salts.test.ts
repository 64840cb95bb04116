import { join } from 'node:path';
import t from 'tap';
import { reencrypt } from '../../../storage/reencrypt.js';
import { makeEmail, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { makeDataDir, startServer, type TestServer } from '../../support/api/start-server.js';
import { startPostgres } from '../../support/services/postgres.js';

const GUARDED = { ENUMERATION_GUARD: 'on', STRETCH_THREADS: '1' };
const [KEY, OTHER_KEY] = ['ab'.repeat(32), 'cd'.repeat(32)] as const;

async function readSalts(server: TestServer, email: string): Promise<string[]> {
  const { body } = await send(server, '/v1/auth/start', { body: { email: toHex(email) } });
  return [body.srp.salt, body.passwordStretching.salt];
}

t.test('the salts of an unknown address', async (t) => {
  const email = makeEmail();
  const dataDir = await makeDataDir(t);
  const first = await startServer(t, { ...GUARDED, STORAGE_KEY: KEY, DATA_DIR: dataDir });
  const salts = await readSalts(first, email);

  await t.test('differ from each other and from those of other addresses', async (t) => {
    const all = [...salts, ...(await readSalts(first, makeEmail()))];
    t.equal(new Set(all).size, 4);
  });

  await t.test('survive a restart', async (t) => {
    await first.close();
    const again = await startServer(t, { ...GUARDED, STORAGE_KEY: KEY, DATA_DIR: dataDir });
    t.same(await readSalts(again, email), salts);
  });

  await t.test('survive a change of STORAGE_KEY', async (t) => {
    const rotated = await startServer(t, {
      ...GUARDED,
      STORAGE_KEY: `${OTHER_KEY},${KEY}`,
      DATA_DIR: dataDir,
    });
    t.same(await readSalts(rotated, email), salts);
    await rotated.close();
    const database = { engine: 'sqlite', filename: join(dataDir, 'key-server.sqlite') } as const;
    await reencrypt({ database, storageKeys: [OTHER_KEY, KEY].map((key) => Buffer.from(key, 'hex')) });
    const over = await startServer(t, { ...GUARDED, STORAGE_KEY: OTHER_KEY, DATA_DIR: dataDir });
    t.same(await readSalts(over, email), salts);
  });

  await t.test('differ on another site with the same STORAGE_KEY', async (t) => {
    const stranger = await startServer(t, { ...GUARDED, STORAGE_KEY: KEY });
    for (const salt of await readSalts(stranger, email)) t.notOk(salts.includes(salt));
  });
});

t.test('are the same on servers that share a database and start together', async (t) => {
  const { url: DATABASE_URL } = await startPostgres(t);
  const settings = { ...GUARDED, STORAGE_KEY: KEY, DATABASE_URL };
  const servers = await Promise.all([startServer(t, settings), startServer(t, settings)]);
  const email = makeEmail();
  const [one, other] = await Promise.all(servers.map((server) => readSalts(server, email)));
  t.same(one, other);
});

t.test('are constant with a key created on first start', async (t) => {
  const email = makeEmail();
  const first = await startServer(t, GUARDED);
  const salts = await readSalts(first, email);
  await first.close();
  const again = await startServer(t, { ...GUARDED, DATA_DIR: first.dataDir });
  t.same(await readSalts(again, email), salts);
});
