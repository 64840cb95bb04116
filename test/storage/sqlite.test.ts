import t from 'tap';
import { describeAccounts } from './accounts-contract.js';
import { describeOutbox } from './outbox-contract.js';
import { describeSessions } from './sessions-contract.js';
import { openTwice } from './sql-under-test.js';
import { newSqliteFile } from './sqlite-directory.js';

const servers = await openTwice(t, await newSqliteFile(t));

t.test('accounts', async (t) => describeAccounts(t, servers));
t.test('sessions', async (t) => describeSessions(t, servers));
t.test('outbox', async (t) => describeOutbox(t, servers));
