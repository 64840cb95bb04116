import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import type { Account } from '../../storage/account-rows.js';
import { StoreUnavailableError } from '../../storage/errors.js';
import { type ReencryptProgress, reencrypt } from '../../storage/reencrypt.js';
import type { DatabaseLocation } from '../../storage/sql/database.js';
import type { Storage } from '../../storage/storage.js';
import { NOW_MS, newAccount, newMail, newPassword, newSession } from '../support/storage/records.js';
import { openServer } from '../support/storage/sql-under-test.js';

const ACCOUNTS = 250;

export function describeReencryption(t: Test, newDatabase: () => Promise<DatabaseLocation>): void {
  const create = async ({ accounts }: Storage) => {
    const account = newAccount();
    await accounts.create(account, newMail(account));
    return account;
  };

  t.test('everything is sealed with the first key while servers run', async (t) => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const database = await newDatabase();
    const server = await openServer(t, database, [first, second]);
    const accounts: Account[] = [];
    for (let i = 0; i < ACCOUNTS; i++) accounts.push(await create(server));
    const session = newSession(accounts[0] as Account);
    await server.sessions.create(session, 100);
    const key = { id: 'key', algorithm: 'RS', privateKeyPem: 'pem', createdAt: 1, retiredAt: null } as const;
    await server.signingKeys.add(key);
    const secret = await server.secrets.obtain('secret');

    const updated = await openServer(t, database, [second, first]);
    const progress: ReencryptProgress[] = [];
    let over = false;
    const [done, changed] = await Promise.all([
      reencrypt({
        database,
        storageKeys: [second, first],
        onProgress: (step) => progress.push({ ...step }),
      }).finally(() => {
        over = true;
      }),
      (async () => {
        let last: Account | undefined;
        for (const account of accounts) {
          if (over) break;
          const password = newPassword();
          try {
            await updated.accounts.setPassword(account.uid, account.generation, password, NOW_MS + 1);
          } catch (error) {
            // SQLite allows one write at a time, and none during VACUUM: a client gets a 503.
            if (error instanceof StoreUnavailableError) continue;
            throw error;
          }
          last = { ...account, ...password, generation: NOW_MS + 1 };
        }
        return last;
      })(),
    ]);
    t.equal(done.remaining, 0);
    t.ok(done.rows >= 2 * ACCOUNTS);
    t.ok(progress.filter(({ table }) => table === 'accounts').length >= 3);

    const onlySecond = await openServer(t, database, [second]);
    for (const { uid } of accounts) t.ok(await onlySecond.accounts.findByUid(uid));
    t.same(await onlySecond.accounts.findByUid(changed?.uid ?? ''), changed);
    t.same(await onlySecond.signingKeys.list(), [key]);
    t.same(await onlySecond.secrets.obtain('secret'), secret);
    t.equal((await onlySecond.outbox.claim(1000, NOW_MS, 1000)).length, ACCOUNTS);
    t.match(await reencrypt({ database, storageKeys: [second] }), { resealed: 0, remaining: 0 });
  });

  t.test('a row with an unknown key stops re-encryption, which can be repeated', async (t) => {
    const [lost, first, second] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const database = await newDatabase();
    await create(await openServer(t, database, [lost]));
    const account = await create(await openServer(t, database, [first]));
    await t.rejects(reencrypt({ database, storageKeys: [second, first] }), /no storage key opens accounts/);
    await reencrypt({ database, storageKeys: [second, first, lost] });
    t.same(await (await openServer(t, database, [second])).accounts.findByUid(account.uid), account);
  });
}
