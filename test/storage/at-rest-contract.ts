import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import { type DatabaseLocation, openDatabase } from '../../storage/sql/database.js';
import { SEALED_COLUMNS } from '../../storage/sql/sealed-columns.js';
import { NOW_MS, newAccount, newMail, newSession } from '../support/storage/records.js';
import { openServer } from '../support/storage/sql-under-test.js';

const TABLES = Object.keys(SEALED_COLUMNS) as (keyof typeof SEALED_COLUMNS)[];

/** The attacker has the database without the storage key. */
export function describeAtRest(t: Test, newDatabase: () => Promise<DatabaseLocation>): void {
  const fill = async (t: Test, database: DatabaseLocation, keys: Uint8Array[]) => {
    const storage = await openServer(t, database, keys);
    const account = newAccount();
    const session = newSession(account);
    await storage.accounts.create(account, newMail(account));
    await storage.sessions.create(session, 100);
    const privateKeyPem = `PRIVATE ${randomBytes(20).toString('hex')}`;
    const key = { id: 'key', algorithm: 'RS', privateKeyPem, createdAt: NOW_MS, retiredAt: null } as const;
    await storage.signingKeys.add(key);
    const secret = await storage.secrets.obtain('secret');
    return { storage, account, session, privateKeyPem, secret };
  };
  const openRows = async (t: Test, database: DatabaseLocation) => {
    const { db, close } = await openDatabase(database);
    t.teardown(close);
    return db;
  };

  t.test('no secret can be read in any row', async (t) => {
    const database = await newDatabase();
    const { account, session, privateKeyPem, secret } = await fill(t, database, [randomBytes(32)]);
    const db = await openRows(t, database);
    const rows = await Promise.all(TABLES.map((table) => db.selectFrom(table).selectAll().execute()));
    t.ok(rows.every((ofTable) => ofTable.length === 1));
    const values = rows.flat(2).flatMap((row) => Object.values(row as Record<string, unknown>));
    const bytes = Buffer.concat(
      values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)))),
    );
    t.ok(bytes.includes(account.email), 'the search finds values that are not secret');
    const code = Buffer.from(account.verifyCode, 'hex');
    const secrets = [account.kA, account.wrapKb, account.verifier, code, session.reqHMACkey, secret];
    for (const secret of secrets.map((secret) => Buffer.from(secret))) {
      t.notOk(bytes.includes(secret));
      t.notOk(bytes.includes(secret.toString('hex')));
    }
    t.notOk(bytes.includes(privateKeyPem));
  });

  t.test('a sealed value does not open in another row', async (t) => {
    const database = await newDatabase();
    const { storage, account } = await fill(t, database, [randomBytes(32)]);
    const thief = newAccount();
    await storage.accounts.create(thief, newMail(thief));
    const db = await openRows(t, database);
    const stolen = await db
      .selectFrom('accounts')
      .select('verifier')
      .where('uid', '=', thief.uid)
      .executeTakeFirstOrThrow();
    await db.updateTable('accounts').set(stolen).where('uid', '=', account.uid).execute();
    await t.rejects(storage.accounts.findByUid(account.uid), /authenticate/);
    t.ok(await storage.accounts.findByUid(thief.uid));
  });

  t.test('all listed keys open values, and the first one seals', async (t) => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const database = await newDatabase();
    const { account, session } = await fill(t, database, [first]);
    const rotated = await openServer(t, database, [second, first]);
    t.same(await rotated.accounts.findByUid(account.uid), account);
    t.ok(await rotated.sessions.find(session.tokenID));
    const later = newAccount();
    await rotated.accounts.create(later, newMail(later));

    const onlyNew = await openServer(t, database, [second]);
    t.same(await onlyNew.accounts.findByUid(later.uid), later);
    await t.rejects(onlyNew.accounts.findByUid(account.uid), /no storage key opens/);
    await t.rejects(onlyNew.sessions.find(session.tokenID), /no storage key opens/);
  });
}
