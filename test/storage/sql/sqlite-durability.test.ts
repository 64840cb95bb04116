import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import t from 'tap';
import { Accounts } from '../../../storage/accounts.js';
import { Outbox } from '../../../storage/outbox.js';
import { Sealer } from '../../../storage/sealer.js';
import { openDatabase } from '../../../storage/sql/database.js';
import { UNAVAILABLE, withinTwoSeconds } from '../../support/storage/outages.js';
import { NOW_MS, newAccount, newMail, newSession } from '../../support/storage/records.js';
import { openServer } from '../../support/storage/sql-under-test.js';
import { newSqliteFile } from '../../support/storage/sqlite-directory.js';

const ROUNDS = 5;

t.test('a server killed at any moment has stored every acknowledged account completely', async (t) => {
  const file = await newSqliteFile(t);
  const key = randomBytes(32);
  const script = fileURLToPath(new URL('../../support/storage/crashing-server.js', import.meta.url));
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const server = spawn(process.execPath, [script, file.filename, key.toString('hex')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let toGo = 5 + round * 7;
    for await (const uid of createInterface({ input: server.stdout })) {
      acknowledged.push(uid);
      if (--toGo === 0) server.kill('SIGKILL');
    }
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  }
  t.ok(acknowledged.length >= ROUNDS * 5);

  const { accounts, outbox } = await openServer(t, file, [key]);
  for (const uid of acknowledged) t.ok(await accounts.findByUid(uid));
  const { db, close } = await openDatabase(file);
  t.teardown(close);
  const { rows } = await sql<{ accounts: number }>`select count(*) as accounts from accounts`.execute(db);
  t.equal(await outbox.count(), rows[0]?.accounts, 'every account has its mail');
});

t.test('on a full disk writes fail and reads work, and writes work again with free space', async (t) => {
  const { db, close } = await openDatabase(await newSqliteFile(t));
  t.teardown(close);
  const sealer = new Sealer([randomBytes(32)]);
  const accounts = new Accounts(db, sealer, new Outbox(db, sealer, 'sqlite'), async () => {});
  const first = newAccount();
  await accounts.create(first, newMail(first));
  const pages = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql`pragma max_page_count = ${sql.lit(pages.rows[0]?.page_count)}`.execute(db);

  let kept = 1;
  const fill = async () => {
    for (; kept < 1000; kept++) {
      const account = newAccount();
      await accounts.create(account, newMail(account));
    }
  };
  await t.rejects(fill(), UNAVAILABLE);
  await t.rejects(fill(), UNAVAILABLE, 'again');
  t.same(await accounts.findByUid(first.uid), first);
  const { rows } = await sql<{ accounts: number }>`select count(*) as accounts from accounts`.execute(db);
  t.equal(rows[0]?.accounts, kept, 'no account is incomplete');

  await sql`pragma max_page_count = 1000000`.execute(db);
  const last = newAccount();
  t.ok(await accounts.create(last, newMail(last)));
});

t.test('while another process holds the write lock, writes time out and reads work', async (t) => {
  const file = await newSqliteFile(t);
  const server = await openServer(t, file);
  const account = newAccount();
  await server.accounts.create(account, newMail(account));
  const { db, close } = await openDatabase(file);
  t.teardown(close);
  await db.transaction().execute(async () => {
    const other = newAccount();
    const [created] = await Promise.allSettled([
      withinTwoSeconds(server.accounts.create(other, newMail(other))),
      t.resolves(server.accounts.findByUid(account.uid)),
    ]);
    t.match(created, { status: 'rejected', reason: UNAVAILABLE });
  });
  t.match(await server.sessions.create(newSession(account), 100), { verified: Boolean });
});

t.test('a signed request does not wait for the transaction of another request', async (t) => {
  const file = await newSqliteFile(t);
  const { db, close } = await openDatabase(file);
  t.teardown(close);
  const sealer = new Sealer([randomBytes(32)]);
  const accounts = new Accounts(db, sealer, new Outbox(db, sealer, 'sqlite'), async () => {});
  const account = newAccount({ generation: NOW_MS });
  await accounts.create(account, newMail(account));
  await db.transaction().execute(async (transaction) => {
    await transaction.updateTable('accounts').set({ locale: 'fr' }).execute();
    t.equal((await accounts.findByUid(account.uid))?.locale, account.locale, 'it reads committed data');
  });
  t.equal((await accounts.findByUid(account.uid))?.locale, 'fr');
});
