import t from 'tap';
import { openTwice } from '../../support/storage/sql-under-test.js';
import { newSqliteFile } from '../../support/storage/sqlite-directory.js';
import { describeAccounts } from '../accounts-contract.js';
import { describeAtRest } from '../at-rest-contract.js';
import { describeHousekeeping } from '../housekeeping-contract.js';
import { describeOutbox } from '../outbox-contract.js';
import { describeReencryption } from '../reencrypt-contract.js';
import { describeSecrets } from '../secrets-contract.js';
import { describeSessions } from '../sessions-contract.js';
import { describeSigningKeys } from '../signing-keys-contract.js';
import { describeMigrations } from './migrations-contract.js';

const servers = await openTwice(t, await newSqliteFile(t));

t.test('accounts', async (t) => describeAccounts(t, servers));
t.test('sessions', async (t) => describeSessions(t, servers));
t.test('outbox', async (t) => describeOutbox(t, servers));
t.test('signing keys', async (t) => describeSigningKeys(t, servers));
t.test('secrets', async (t) => describeSecrets(t, servers));
t.test('migrations', async (t) => describeMigrations(t, () => newSqliteFile(t), 3));
t.test('at rest', async (t) => describeAtRest(t, () => newSqliteFile(t)));
t.test('housekeeping', async (t) => describeHousekeeping(t, () => newSqliteFile(t)));
t.test('change of the storage key', async (t) => describeReencryption(t, () => newSqliteFile(t)));
