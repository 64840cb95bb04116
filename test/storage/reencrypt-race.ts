import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Test } from 'tap';
import { reencrypt } from '../../storage/reencrypt.js';
import { Sealer } from '../../storage/sealer.js';
import { aadFor } from '../../storage/sql/sealed-columns.js';
import { askPostgres } from '../support/services/postgres.js';
import { newAccount, newMail } from '../support/storage/records.js';
import { openServer } from '../support/storage/sql-under-test.js';
import { waitUntil } from '../support/wait-until.js';

export function describeReencryptionRace(
  t: Test,
  newDatabase: () => Promise<{ engine: 'postgres'; url: string; poolSize: number }>,
): void {
  t.test('a row written during re-encryption keeps the written value', async (t) => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const database = await newDatabase();
    const { accounts } = await openServer(t, database, [first]);
    const account = newAccount();
    await accounts.create(account, newMail(account));

    const server = new pg.Client({ connectionString: database.url });
    await server.connect();
    t.teardown(() => server.end());
    const verifier = randomBytes(256);
    const sealed = new Sealer([first]).seal(aadFor('accounts', 'verifier', account.uid), verifier);
    await server.query('begin');
    await server.query('update accounts set verifier = $1', [sealed]);
    const reencrypted = reencrypt({ database, storageKeys: [second, first] });
    const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock'";
    await waitUntil(async () => (await askPostgres(database.url, waiting)).length > 0);
    await server.query('commit');

    t.match(await reencrypted, { remaining: 0 });
    const onlySecond = await openServer(t, database, [second]);
    t.same(await onlySecond.accounts.findByUid(account.uid), { ...account, verifier });
  });
}
