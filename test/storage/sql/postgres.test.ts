import t from 'tap';
import { startPostgres } from '../../support/services/postgres.js';
import { openTwice } from '../../support/storage/sql-under-test.js';
import { describeAccounts } from '../accounts-contract.js';
import { describeAtRest } from '../at-rest-contract.js';
import { describeHousekeeping } from '../housekeeping-contract.js';
import { describeOutbox } from '../outbox-contract.js';
import { describeReencryption } from '../reencrypt-contract.js';
import { describeReencryptionRace } from '../reencrypt-race.js';
import { describeSecrets } from '../secrets-contract.js';
import { describeSessions } from '../sessions-contract.js';
import { describeSigningKeys } from '../signing-keys-contract.js';
import { describeMigrations } from './migrations-contract.js';

const { url, createDatabase } = await startPostgres(t);
const servers = await openTwice(t, { engine: 'postgres', url, poolSize: 5 });

t.test('accounts', async (t) => describeAccounts(t, servers));
t.test('sessions', async (t) => describeSessions(t, servers));
t.test('outbox', async (t) => describeOutbox(t, servers));
t.test('signing keys', async (t) => describeSigningKeys(t, servers));
t.test('secrets', async (t) => describeSecrets(t, servers));
const newDatabase = async () => ({ engine: 'postgres', url: await createDatabase(), poolSize: 3 }) as const;
t.test('migrations', async (t) => describeMigrations(t, newDatabase, 10));
t.test('at rest', async (t) => describeAtRest(t, newDatabase));
t.test('housekeeping', async (t) => describeHousekeeping(t, newDatabase));
t.test('change of the storage key', async (t) => describeReencryption(t, newDatabase));
t.test('change of the storage key beside a server', async (t) => describeReencryptionRace(t, newDatabase));
