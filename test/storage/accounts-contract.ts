import type { Test } from 'tap';
import { NOW_MS, newAccount, newMail, newPassword, newSession } from '../support/storage/records.js';
import type { SqlUnderTest } from '../support/storage/sql-under-test.js';

export function describeAccounts(t: Test, { storage, other }: SqlUnderTest): void {
  const { accounts, sessions, outbox } = storage;
  const create = async (overrides = {}) => {
    const account = newAccount(overrides);
    await accounts.create(account, newMail(account));
    return account;
  };

  t.test('an account is found by uid and by address in any ASCII case', async (t) => {
    const account = await create();
    t.same(await accounts.findByUid(account.uid), account);
    t.same(await other.accounts.findByEmail(account.email), account);
    t.same(await accounts.findByEmail(account.email.replace(/[a-z]/g, (c) => c.toUpperCase())), account);
    t.ok(await accounts.exists(account.email.toLowerCase()));
    t.notOk(await accounts.exists(`x${account.email}`));
    t.equal(await accounts.findByEmail(`x${account.email}`), undefined);
    t.equal(await accounts.findByUid(newAccount().uid), undefined);
  });

  t.test('non-ASCII letters are case-sensitive', async (t) => {
    const { email } = await create();
    t.notOk(await accounts.exists(email.replace('ë', 'Ë')));
  });

  t.test('of ten simultaneous creations with one address one succeeds and sends one mail', async (t) => {
    const { email } = newAccount();
    const waiting = await outbox.count();
    const created = await Promise.all(
      Array.from({ length: 10 }, (_, i) => {
        const account = newAccount({ email: i % 2 ? email : email.toUpperCase().replace('Ë', 'ë') });
        return (i % 3 ? storage : other).accounts.create(account, newMail(account));
      }),
    );
    t.equal(created.filter(Boolean).length, 1);
    t.equal((await outbox.count()) - waiting, 1);
  });

  t.test('an account whose mail cannot be stored is not created', async (t) => {
    const first = newAccount();
    const mail = newMail(first);
    t.ok(await accounts.create(first, mail));
    const second = newAccount();
    t.notOk(await accounts.create(second, { ...newMail(second), id: mail.id }));
    t.notOk(await accounts.exists(second.email));
  });

  t.test('an address is verified once', async (t) => {
    const { uid } = await create();
    await accounts.markVerified(uid, NOW_MS + 1);
    await accounts.markVerified(uid, NOW_MS + 2);
    t.equal((await accounts.findByUid(uid))?.verifiedAt, NOW_MS + 1);
  });

  t.test('a new password replaces all password fields and ends every session', async (t) => {
    const account = await create();
    const session = newSession(account);
    await sessions.create(session, 100);
    const password = newPassword();
    t.ok(await accounts.setPassword(account.uid, account.generation, password, NOW_MS + 5));
    t.same(await other.accounts.findByUid(account.uid), {
      ...account,
      ...password,
      generation: NOW_MS + 5,
    });
    t.equal(await sessions.find(session.tokenID), undefined);
    t.same(await sessions.list(account.uid), []);
    t.equal(await sessions.create(newSession(account), 100), 'accountChanged');
  });

  t.test('a password set within the same millisecond is a new generation', async (t) => {
    const account = await create();
    t.ok(await accounts.setPassword(account.uid, NOW_MS, newPassword(), NOW_MS - 1000));
    t.equal((await accounts.findByUid(account.uid))?.generation, NOW_MS + 1);
  });

  t.test('of ten simultaneous password changes one succeeds', async (t) => {
    const { uid, generation } = await create();
    const set = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        (i % 2 ? storage : other).accounts.setPassword(uid, generation, newPassword(), NOW_MS + i),
      ),
    );
    t.equal(set.filter(Boolean).length, 1);
  });

  t.test('a proof of an earlier generation neither sets nor destroys anything', async (t) => {
    const { uid, generation } = await create();
    await accounts.setPassword(uid, generation, newPassword(), NOW_MS + 5);
    const now = await accounts.findByUid(uid);
    t.notOk(await accounts.setPassword(uid, generation, newPassword(), NOW_MS + 6));
    t.notOk(await accounts.destroy(uid, generation));
    t.same(await accounts.findByUid(uid), now);
  });

  t.test('a locked account has no sessions, and earlier proofs are invalid', async (t) => {
    const account = await create();
    const session = newSession(account);
    await sessions.create(session, 100);
    t.ok(await accounts.lock(account.uid, NOW_MS + 5));
    t.same(await other.accounts.findByUid(account.uid), {
      ...account,
      lockedAt: NOW_MS + 5,
      generation: NOW_MS + 5,
    });
    t.equal(await sessions.find(session.tokenID), undefined);
    t.equal(await sessions.create(newSession(account), 100), 'accountChanged');
    t.notOk(await accounts.setPassword(account.uid, account.generation, newPassword(), NOW_MS + 6));
    t.notOk(await accounts.destroy(account.uid, account.generation));
  });

  t.test('a lock within the same millisecond or by a slow clock is a new generation', async (t) => {
    const account = await create();
    t.ok(await accounts.lock(account.uid, NOW_MS - 1000));
    t.equal((await accounts.findByUid(account.uid))?.generation, NOW_MS + 1);
  });

  t.test('locking and unlocking are idempotent and keep the password', async (t) => {
    const account = await create();
    t.notOk(await accounts.unlock(account.uid));
    t.ok(await accounts.lock(account.uid, NOW_MS + 5));
    t.notOk(await other.accounts.lock(account.uid, NOW_MS + 6));
    t.ok(await accounts.unlock(account.uid));
    t.notOk(await accounts.unlock(account.uid));
    t.same(await accounts.findByUid(account.uid), { ...account, generation: NOW_MS + 5 });
    t.notOk(await accounts.lock(newAccount().uid, NOW_MS));
  });

  t.test('a destroyed account is gone with its sessions and mails, and its address is free', async (t) => {
    const waiting = await outbox.count();
    const account = await create();
    const session = newSession(account);
    await sessions.create(session, 100);
    t.ok(await accounts.destroy(account.uid, account.generation));
    t.equal(await accounts.findByUid(account.uid), undefined);
    t.equal(await sessions.find(session.tokenID), undefined);
    t.equal(await outbox.count(), waiting);
    t.notOk(await accounts.destroy(account.uid, account.generation));
    t.ok(await accounts.create(account, newMail(account)));
  });
}
