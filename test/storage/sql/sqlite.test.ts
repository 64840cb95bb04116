import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import sqlite3 from 'sqlite3';
import t from 'tap';
import { reencrypt } from '../../../storage/reencrypt.js';
import { openServer, openTwice } from '../../support/storage/sql-under-test.js';
import { newSqliteFile } from '../../support/storage/sqlite-directory.js';
import { describeAccountSearch } from '../account-search-contract.js';
import { describeAccounts } from '../accounts-contract.js';
import { describeAtRest } from '../at-rest-contract.js';
import { describeAuditLog } from '../audit-log-contract.js';
import { describeHousekeeping } from '../housekeeping-contract.js';
import { describeOutbox } from '../outbox-contract.js';
import { describeReencryption } from '../reencrypt-contract.js';
import { describeSecrets } from '../secrets-contract.js';
import { describeSessions } from '../sessions-contract.js';
import { describeSigningKeys } from '../signing-keys-contract.js';
import { describeMigrations } from './migrations-contract.js';

const servers = await openTwice(t, await newSqliteFile(t));

t.test('accounts', async (t) => describeAccounts(t, servers));
t.test('lists of accounts', async (t) => describeAccountSearch(t, servers));
t.test('audit log', async (t) => describeAuditLog(t, servers));
t.test('sessions', async (t) => describeSessions(t, servers));
t.test('outbox', async (t) => describeOutbox(t, servers));
t.test('signing keys', async (t) => describeSigningKeys(t, servers));
t.test('secrets', async (t) => describeSecrets(t, servers));
t.test('migrations', async (t) => describeMigrations(t, () => newSqliteFile(t), 3));
t.test('at rest', async (t) => describeAtRest(t, () => newSqliteFile(t)));
t.test('housekeeping', async (t) => describeHousekeeping(t, () => newSqliteFile(t)));
t.test('change of the storage key', async (t) => describeReencryption(t, () => newSqliteFile(t)));

t.test('after a change of the storage key the file contains no deleted value', async (t) => {
  const database = await newSqliteFile(t);
  const key = randomBytes(32);
  await (await openServer(t, database, [key])).close();
  const remains = `deleted-${randomBytes(8).toString('hex')}`;
  await new Promise<void>((resolve, reject) => {
    const db = new sqlite3.Database(database.filename);
    const statements = `PRAGMA secure_delete = OFF; INSERT INTO secrets VALUES ('${remains}', x'00'); DELETE FROM secrets`;
    db.exec(statements, (error) => (error ? reject(error) : db.close(() => resolve())));
  });
  const holdsRemains = async () => (await readFile(database.filename)).includes(remains);
  t.equal(await holdsRemains(), true);
  await reencrypt({ database, storageKeys: [randomBytes(32), key] });
  t.equal(await holdsRemains(), false);
});
