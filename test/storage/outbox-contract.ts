import type { Test } from 'tap';
import { newAccount, newMail } from '../support/storage/records.js';
import type { SqlUnderTest } from '../support/storage/sql-under-test.js';

const LEASE_MS = 60_000;

export function describeOutbox(t: Test, { storage, other }: SqlUnderTest): void {
  const { accounts, outbox } = storage;
  /** Each test uses its own time, so that it finds only its own mails. */
  const createMails = async (count: number, at: number) => {
    const account = newAccount();
    const mails = Array.from({ length: count }, (_, i) => newMail(account, at + i));
    await accounts.create(account, mails[0] ?? newMail(account, at));
    for (const mail of mails.slice(1)) await outbox.add(mail);
    return { account, mails };
  };

  t.test('due mails are leased oldest first', async (t) => {
    const { mails } = await createMails(3, 1000);
    t.same(await outbox.claim(2, 1001, LEASE_MS), [
      { ...mails[0], attempts: 0 },
      { ...mails[1], attempts: 0 },
    ]);
    t.same(await outbox.claim(2, 1001, LEASE_MS), []);
    t.same(await other.outbox.claim(2, 1002, LEASE_MS), [{ ...mails[2], attempts: 0 }]);
    t.same(await outbox.claim(1, 1001 + LEASE_MS, LEASE_MS), [{ ...mails[0], attempts: 1 }]);
    for (const { id } of mails) await outbox.remove(id);
  });

  t.test('a postponed mail is due later, a removed one never', async (t) => {
    const { mails } = await createMails(2, 2000);
    const [first, second] = mails.map(({ id }) => id) as [string, string];
    await outbox.claim(2, 2001, LEASE_MS);
    await outbox.postpone(first, 5000);
    await outbox.remove(second);
    t.same(await outbox.claim(5, 4999, LEASE_MS), []);
    t.match(await outbox.claim(5, 5000 + LEASE_MS, LEASE_MS), [{ id: first, attempts: 1 }]);
    await outbox.remove(first);
  });

  t.test('simultaneous servers lease each mail once', async (t) => {
    const { mails } = await createMails(20, 3000);
    const claimed: string[] = [];
    while (claimed.length < mails.length) {
      const claims = [storage, other, storage, other].map(({ outbox }) => outbox.claim(3, 3100, LEASE_MS));
      const ids = (await Promise.all(claims)).flat().map(({ id }) => id);
      t.not(ids.length, 0);
      claimed.push(...ids);
    }
    t.same(claimed.sort(), mails.map(({ id }) => id).sort());
    for (const { id } of mails) await outbox.remove(id);
  });

  t.test('no mail is added for a missing account', async (t) => {
    const waiting = await outbox.count();
    t.equal(await outbox.add(newMail(newAccount())), false);
    t.equal(await outbox.count(), waiting);
  });
}
