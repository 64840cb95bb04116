import { randomBytes, randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { AuditLog, firstAuditId } from '../../storage/audit-log.js';
import { Housekeeping } from '../../storage/housekeeping.js';
import { type DatabaseLocation, openDatabase } from '../../storage/sql/database.js';
import { NOW_MS, newAccount, newMail, newSession, randomHex } from '../support/storage/records.js';
import { openServer } from '../support/storage/sql-under-test.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function describeHousekeeping(t: Test, newDatabase: () => Promise<DatabaseLocation>): void {
  const openNew = async (t: Test) => {
    const location = await newDatabase();
    const { accounts, sessions, outbox } = await openServer(t, location);
    const { db, close } = await openDatabase(location);
    t.teardown(close);
    const account = newAccount();
    await accounts.create(account, newMail(account));
    const keep = (options = {}) => {
      const housekeeping = new Housekeeping(db, () => NOW_MS, options);
      t.teardown(() => housekeeping.close());
      return housekeeping;
    };
    return { db, account, sessions, outbox, keep };
  };

  t.test('sessions of an earlier generation are removed in batches, and others stay', async (t) => {
    const { db, account, sessions, keep } = await openNew(t);
    const session = newSession(account);
    await sessions.create(session, 100);
    const dead = Array.from({ length: 1200 }, () => ({
      token_id: randomHex(),
      uid: account.uid,
      generation: account.generation - 1,
      req_hmac_key: randomBytes(60),
      device_id: randomUUID(),
      created_at: NOW_MS,
      last_access_at: NOW_MS,
    }));
    await db.insertInto('sessions').values(dead).execute();
    t.same(await keep().run(NOW_MS), { sessions: 1200, mails: 0, acts: 0 });
    t.ok(await sessions.find(session.tokenID));
    const { open } = await db
      .selectFrom('sessions')
      .select((eb) => eb.fn.countAll().as('open'))
      .executeTakeFirstOrThrow();
    t.equal(Number(open), 1);
  });

  t.test('idle sessions are removed only with a limit', async (t) => {
    const { account, sessions, keep } = await openNew(t);
    const [old, recent] = [newSession(account, NOW_MS - 31 * DAY_MS), newSession(account, NOW_MS - DAY_MS)];
    await sessions.create(old, 100);
    await sessions.create(recent, 100);
    t.same(await keep().run(NOW_MS), { sessions: 0, mails: 0, acts: 0 });
    t.same(await keep({ sessionIdleMs: 30 * DAY_MS }).run(NOW_MS + HOUR_MS), {
      sessions: 1,
      mails: 0,
      acts: 0,
    });
    t.equal(await sessions.find(old.tokenID), undefined);
    t.ok(await sessions.find(recent.tokenID));
  });

  t.test('mails are removed after the mailer has given up', async (t) => {
    const { account, outbox, keep } = await openNew(t);
    await outbox.add(newMail(account, NOW_MS - 8 * DAY_MS));
    t.equal(await outbox.count(), 2);
    t.same(await keep().run(NOW_MS), { sessions: 0, mails: 1, acts: 0 });
    t.equal(await outbox.count(), 1);
  });

  t.test('audit entries are removed in batches after their time, and never without a limit', async (t) => {
    const { db, keep } = await openNew(t);
    const audit = new AuditLog(db);
    const actor = 'root';
    const add = (at: number) => audit.add({ at, actor, event: 'accountLocked', uid: null, key: null });
    await add(NOW_MS - 30 * DAY_MS);
    const old = Array.from({ length: 1200 }, (_, i) => {
      const at = NOW_MS - 31 * DAY_MS - i;
      return { id: `${firstAuditId(at)}-${randomHex()}`, at, actor, event: 'accountLocked' };
    });
    await db.insertInto('audit').values(old).execute();
    t.match(await keep().run(NOW_MS), { acts: 0 });
    t.match(await keep({ auditMs: 30 * DAY_MS }).run(NOW_MS + HOUR_MS), { acts: 1201 });
    await add(NOW_MS - 30 * DAY_MS);
    t.match(await keep({ auditMs: 31 * DAY_MS }).run(NOW_MS + 2 * HOUR_MS), { acts: 0 });
    t.equal((await audit.list({ limit: 10 })).length, 1, 'a younger entry stays');
  });

  t.test('one of several servers does housekeeping, once an hour', async (t) => {
    const { keep } = await openNew(t);
    const servers = [keep(), keep(), keep(), keep(), keep()];
    const turns = async (nowMs: number) => {
      const pruned = await Promise.all(servers.map((server) => server.run(nowMs)));
      return pruned.filter(Boolean).length;
    };
    t.equal(await turns(NOW_MS), 1);
    t.equal(await turns(NOW_MS + HOUR_MS - 1), 0);
    t.equal(await turns(NOW_MS + HOUR_MS), 1);
  });
}
