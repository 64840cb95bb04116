import type { Test } from 'tap';
import type { Account } from '../../storage/account-rows.js';
import {
  NOW_MS,
  newAccount,
  newMail,
  newPassword,
  newSession,
  randomHex,
} from '../support/storage/records.js';
import type { SqlUnderTest } from '../support/storage/sql-under-test.js';

export function describeSessions(t: Test, { storage, other }: SqlUnderTest): void {
  const { accounts, sessions } = storage;
  const createAccount = async () => {
    const account = newAccount();
    await accounts.create(account, newMail(account));
    return account;
  };
  const open = async (account: Account, createdAt?: number) => {
    const session = newSession(account, createdAt);
    await sessions.create(session, 100);
    return session;
  };

  t.test('a session is found with its account', async (t) => {
    const account = await createAccount();
    const session = newSession(account);
    t.match(await sessions.create(session, 100), { verified: Boolean });
    const found = {
      ...session,
      lastAccessAt: session.createdAt,
      email: account.email,
      verified: false,
      locale: account.locale,
    };
    t.same(await other.sessions.find(session.tokenID), found);
    await accounts.markVerified(account.uid, NOW_MS);
    t.same(await sessions.find(session.tokenID), { ...found, verified: true });
    t.equal(await sessions.find(randomHex()), undefined);
  });

  t.test('a session without a device has none', async (t) => {
    const account = await createAccount();
    const session = { ...newSession(account), deviceName: null, deviceType: null };
    await sessions.create(session, 100);
    t.match(await sessions.find(session.tokenID), { deviceName: null, deviceType: null });
  });

  t.test('no session is opened for an unknown account or an older password', async (t) => {
    const account = await createAccount();
    t.equal(await sessions.create(newSession(newAccount()), 100), 'accountChanged');
    t.equal(await sessions.create(newSession({ ...account, generation: NOW_MS - 1 }), 100), 'accountChanged');
  });

  t.test('an account has at most its maximum number of sessions', async (t) => {
    const account = await createAccount();
    t.match(await sessions.create(newSession(account), 2), { verified: Boolean });
    const second = newSession(account);
    t.match(await sessions.create(second, 2), { verified: Boolean });
    t.equal(await sessions.create(newSession(account), 2), 'tooMany');
    await sessions.destroy(second.tokenID);
    t.match(await sessions.create(newSession(account), 2), { verified: Boolean });
  });

  t.test('simultaneous logins do not exceed the session limit', async (t) => {
    const account = await createAccount();
    const limit = 3;
    for (const free of [limit, 1, 2]) {
      const opened = (await sessions.list(account.uid)).slice(0, free);
      for (const { tokenID } of opened) await sessions.destroy(tokenID);
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          (i % 2 ? storage : other).sessions.create(newSession(account), limit),
        ),
      );
      t.equal(outcomes.filter((outcome) => typeof outcome === 'object').length, free);
      t.equal(outcomes.filter((outcome) => outcome === 'tooMany').length, outcomes.length - free);
      t.equal((await sessions.list(account.uid)).length, limit);
    }
  });

  t.test('a lowered limit applies to accounts with more sessions', async (t) => {
    const account = await createAccount();
    for (let i = 0; i < 4; i++) await open(account);
    const [oldest] = await sessions.list(account.uid);
    await sessions.destroy(oldest?.tokenID as string);
    t.equal(await sessions.create(newSession(account), 3), 'tooMany');
  });

  t.test('an account’s sessions are listed oldest first', async (t) => {
    const account = await createAccount();
    const second = await open(account, NOW_MS + 2);
    const first = await open(account, NOW_MS + 1);
    await open(await createAccount());
    const listed = await sessions.list(account.uid);
    t.same(
      listed.map(({ tokenID }) => tokenID),
      [first.tokenID, second.tokenID],
    );
    t.same(listed[0], {
      tokenID: first.tokenID,
      deviceId: first.deviceId,
      deviceName: first.deviceName,
      deviceType: first.deviceType,
      lastAccessAt: NOW_MS + 1,
    });
  });

  t.test('a use is visible at once, and on other servers after it is written', async (t) => {
    const account = await createAccount();
    const [used, unused] = [await open(account, NOW_MS), await open(account, NOW_MS + 1)];
    const lastAccess = async (server = sessions) =>
      (await server.list(account.uid)).map(({ lastAccessAt }) => lastAccessAt);
    sessions.touch(used.tokenID, NOW_MS + 500);
    sessions.touch(used.tokenID, NOW_MS + 700);
    t.same(await lastAccess(), [NOW_MS + 700, NOW_MS + 1]);
    t.same(await lastAccess(other.sessions), [NOW_MS, NOW_MS + 1]);
    await sessions.close();
    t.same(await lastAccess(other.sessions), [NOW_MS + 700, NOW_MS + 1]);
    t.equal((await sessions.find(unused.tokenID))?.lastAccessAt, NOW_MS + 1);
  });

  t.test('many uses are all written', async (t) => {
    const account = await createAccount();
    const opened = [];
    for (let i = 0; i < 60; i++) opened.push(await open(account));
    for (const { tokenID } of opened) sessions.touch(tokenID, NOW_MS + 900);
    await sessions.close();
    const listed = await other.sessions.list(account.uid);
    t.equal(listed.filter(({ lastAccessAt }) => lastAccessAt === NOW_MS + 900).length, 60);
  });

  t.test('of simultaneous ends of a session one returns true', async (t) => {
    const { tokenID } = await open(await createAccount());
    const ended = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? storage : other).sessions.destroy(tokenID)),
    );
    t.equal(ended.filter(Boolean).length, 1);
    t.equal(await sessions.find(tokenID), undefined);
  });

  t.test('a login during a destruction is refused or destroyed, and never fails', async (t) => {
    for (let round = 0; round < 10; round++) {
      const account = await createAccount();
      const opened = [newSession(account), newSession(account), newSession(account)];
      const [destroyed, ...outcomes] = await Promise.all([
        other.accounts.destroy(account.uid, account.generation),
        ...opened.map((session) => sessions.create(session, 100)),
      ]);
      t.ok(destroyed);
      for (const outcome of outcomes) t.ok(typeof outcome === 'object' || outcome === 'accountChanged');
      for (const { tokenID } of opened) t.equal(await sessions.find(tokenID), undefined);
    }
  });

  t.test('a login during a password change is refused or ended', async (t) => {
    for (let round = 0; round < 10; round++) {
      const account = await createAccount();
      const opened = [newSession(account), newSession(account), newSession(account)];
      await Promise.all([
        other.accounts.setPassword(account.uid, account.generation, newPassword(), NOW_MS + 1),
        ...opened.map((session) => sessions.create(session, 100)),
      ]);
      for (const { tokenID } of opened) t.equal(await sessions.find(tokenID), undefined);
      t.same(await sessions.list(account.uid), []);
    }
  });
}
