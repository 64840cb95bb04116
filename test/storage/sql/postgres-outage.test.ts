import pg from 'pg';
import t, { type Test } from 'tap';
import type { Storage } from '../../../storage/storage.js';
import { askPostgres, startPostgres } from '../../support/services/postgres.js';
import { UNAVAILABLE, untilAnswered, withinTwoSeconds } from '../../support/storage/outages.js';
import { NOW_MS, newAccount, newMail, newPassword, newSession } from '../../support/storage/records.js';
import { openServer } from '../../support/storage/sql-under-test.js';
import { waitUntil } from '../../support/wait-until.js';

const postgres = await startPostgres(t);
const connect = async (url: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

async function openNew(t: Test, poolSize = 3) {
  const url = await postgres.createDatabase();
  const storage = await openServer(t, { engine: 'postgres', url, poolSize });
  const account = newAccount();
  await storage.accounts.create(account, newMail(account));
  const session = newSession(account);
  await storage.sessions.create(session, 100);
  return { url, storage, account, session };
}

function someMethods({ accounts, sessions, outbox, pingDatabase }: Storage): (() => Promise<unknown>)[] {
  const account = newAccount();
  return [
    () => accounts.findByEmail(account.email),
    () => accounts.create(account, newMail(account)),
    () => accounts.setPassword(account.uid, NOW_MS, newPassword(), NOW_MS + 1),
    () => accounts.destroy(account.uid, NOW_MS + 1),
    () => sessions.find('token'),
    () => sessions.create(newSession(account), 100),
    () => sessions.list(account.uid),
    () => sessions.destroy('token'),
    () => outbox.claim(1, NOW_MS, 1000),
    pingDatabase,
  ];
}

t.test('while PostgreSQL is stopped every method throws, and all recover after its start', async (t) => {
  const { storage, account, session } = await openNew(t);
  await postgres.stop();
  for (const ask of someMethods(storage)) await t.rejects(withinTwoSeconds(ask()), UNAVAILABLE);
  await postgres.start();
  await untilAnswered(storage.pingDatabase);
  for (const ask of someMethods(storage)) await t.resolves(ask());
  t.same(await storage.accounts.findByUid(account.uid), account);
  t.ok(await storage.sessions.find(session.tokenID));
});

t.test('while PostgreSQL hangs every method throws, and all recover when it continues', async (t) => {
  const { storage, account } = await openNew(t);
  // More requests than connections; some connections are not open yet.
  await storage.pingDatabase();
  postgres.freeze();
  const asked = [...someMethods(storage), ...someMethods(storage)];
  await Promise.all(asked.map((ask) => t.rejects(withinTwoSeconds(ask()), UNAVAILABLE)));
  postgres.thaw();
  await untilAnswered(storage.pingDatabase);
  for (const ask of someMethods(storage)) await t.resolves(ask());
  t.same(await storage.accounts.findByUid(account.uid), account);
});

t.test('a crash loses no acknowledged write', async (t) => {
  const { storage, account } = await openNew(t);
  const password = newPassword();
  await storage.accounts.setPassword(account.uid, account.generation, password, NOW_MS + 1);
  await postgres.restart('SIGQUIT');
  await untilAnswered(storage.pingDatabase);
  t.same(await storage.accounts.findByUid(account.uid), { ...account, ...password, generation: NOW_MS + 1 });
});

t.test('broken connections are replaced', async (t) => {
  const { url, storage } = await openNew(t);
  const admin = await connect(url);
  t.teardown(() => admin.end());
  const cut = () =>
    admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
  await Promise.all([storage.pingDatabase(), storage.pingDatabase(), storage.pingDatabase()]);
  await cut();
  await untilAnswered(storage.pingDatabase);

  await admin.query('begin; lock table accounts');
  const waiting = t.rejects(storage.accounts.exists('a@b'), UNAVAILABLE);
  const waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock'";
  await waitUntil(async () => (await askPostgres(url, waits)).length > 0);
  await cut();
  await waiting;
  await admin.query('rollback');
  await untilAnswered(storage.pingDatabase);
});

t.test('a statement that timed out waiting for a lock does not run later', async (t) => {
  const { url, storage, account, session } = await openNew(t);
  const other = await connect(url);
  t.teardown(() => other.end());
  await other.query('begin');
  await other.query('select 1 from accounts where uid = $1 for update', [account.uid]);
  await Promise.all([
    t.rejects(
      withinTwoSeconds(storage.accounts.setPassword(account.uid, NOW_MS, newPassword(), NOW_MS + 1)),
      UNAVAILABLE,
    ),
    t.rejects(withinTwoSeconds(storage.accounts.destroy(account.uid, NOW_MS)), UNAVAILABLE),
  ]);
  await other.query('rollback');
  const atWork =
    "select 1 from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()";
  await waitUntil(async () => (await askPostgres(url, atWork)).length === 0);
  t.same(await storage.accounts.findByUid(account.uid), account);
  t.ok(await storage.sessions.find(session.tokenID));
});

t.test('a server does not start without its database', async (t) => {
  const url = await postgres.createDatabase();
  await postgres.stop();
  t.teardown(() => postgres.start());
  await t.rejects(withinTwoSeconds(openServer(t, { engine: 'postgres', url, poolSize: 1 })), UNAVAILABLE);
});
