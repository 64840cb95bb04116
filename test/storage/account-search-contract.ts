import type { Test } from 'tap';
import type { AccountFilter } from '../../storage/account-search.js';
import { NOW_MS, newAccount, newMail, newSession } from '../support/storage/records.js';
import type { SqlUnderTest } from '../support/storage/sql-under-test.js';

export async function describeAccountSearch(t: Test, { storage }: SqlUnderTest): Promise<void> {
  const { accounts, accountSearch, sessions } = storage;
  const create = async (email: string) => {
    const account = newAccount({ email });
    await accounts.create(account, newMail(account));
    return account;
  };
  // An order by bytes, and not by a language: "-" before letters, "Z" as "z", "ö" last.
  const addresses = [
    'list-a@One.example',
    'list-B@two.example',
    'list-Zoë@one.example',
    'list-ö@one.example',
  ];
  const [a, b, zoe] = await Promise.all(addresses.map(create));
  await create('other@one.example');
  if (!a || !b || !zoe) throw new Error('not created');
  await accounts.markVerified(a.uid, NOW_MS);
  await accounts.lock(b.uid, NOW_MS + 1);
  await sessions.create({ ...newSession(zoe), createdAt: NOW_MS }, 10);

  const find = async (filter: AccountFilter, page: { after?: string; limit?: number } = {}) =>
    (await accountSearch.find(filter, { limit: 100, ...page })).map(({ email }) => email);

  t.test('accounts are found by a prefix in any case, in byte order', async (t) => {
    t.same(await find({ prefix: 'LIST-' }), addresses);
    t.same(await find({ prefix: 'list-zoë' }), [zoe.email]);
    t.same(await find({ prefix: 'list%' }), [], 'no wildcards');
  });

  t.test('accounts are found by their whole domain', async (t) => {
    t.same(await find({ prefix: 'list-', domain: 'two.EXAMPLE' }), [b.email]);
    t.same(await find({ domain: 'example' }), []);
  });

  t.test('accounts are found by each condition', async (t) => {
    t.notOk((await find({ unverified: true })).includes(a.email));
    t.ok((await find({ unverified: true })).includes(zoe.email));
    t.same(await find({ prefix: 'list-', locked: true }), [b.email]);
  });

  t.test('accounts are found by the last use of a session', async (t) => {
    const idle = (idleSince: number) => find({ prefix: 'list-', idleSince });
    t.notOk((await idle(NOW_MS)).includes(zoe.email), 'used since');
    t.ok((await idle(NOW_MS + 1)).includes(zoe.email));
    t.ok((await idle(NOW_MS)).includes(a.email), 'without a session');
  });

  t.test('a page continues after the last address of the previous one', async (t) => {
    t.same(await find({ prefix: 'list-' }, { limit: 2 }), addresses.slice(0, 2));
    t.same(await find({ prefix: 'list-' }, { limit: 2, after: b.email }), addresses.slice(2));
  });

  t.test('a found account has its times', async (t) => {
    const [found] = await accountSearch.find({ prefix: 'list-zoë' }, { limit: 1 });
    t.same(found, {
      uid: zoe.uid,
      email: zoe.email,
      createdAt: NOW_MS,
      verifiedAt: null,
      lockedAt: null,
      lastAccessAt: NOW_MS,
    });
  });
}
