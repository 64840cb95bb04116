import t from 'tap';
import { startPostgres } from '../services/postgres.js';
import { describeAccounts } from './accounts-contract.js';
import { describeOutbox } from './outbox-contract.js';
import { describeSessions } from './sessions-contract.js';
import { openTwice } from './sql-under-test.js';

const { url } = await startPostgres(t);
const servers = await openTwice(t, { engine: 'postgres', url, poolSize: 5 });

t.test('accounts', async (t) => describeAccounts(t, servers));
t.test('sessions', async (t) => describeSessions(t, servers));
t.test('outbox', async (t) => describeOutbox(t, servers));
