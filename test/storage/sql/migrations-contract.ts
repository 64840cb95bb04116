import { randomBytes } from 'node:crypto';
import { Kysely, Migrator, sql } from 'kysely';
import type { Test } from 'tap';
import { Sealer } from '../../../storage/sealer.js';
import { createDialect, type DatabaseLocation } from '../../../storage/sql/database.js';
import { createMigrations } from '../../../storage/sql/migrations.js';
import { aadFor } from '../../../storage/sql/sealed-columns.js';
import { newAccount, newMail, newSession } from '../../support/storage/records.js';
import { openServer } from '../../support/storage/sql-under-test.js';

export function describeMigrations(
  t: Test,
  newDatabase: () => Promise<DatabaseLocation>,
  servers: number,
): void {
  t.test('an account and a session of the first schema survive the migrations', async (t) => {
    const key = randomBytes(32);
    const database = await newDatabase();
    const { verifiedAt, locale, lockedAt, ...account } = newAccount();
    const session = newSession({ ...account, verifiedAt, locale, lockedAt });
    await makeFirstRelease(database, new Sealer([key]), account, session);

    const storage = await openServer(t, database, [key]);
    const updated = { ...account, verifiedAt: null, locale: 'en', lockedAt: null };
    t.same(await storage.accounts.findByUid(account.uid), updated);
    t.match(await storage.sessions.find(session.tokenID), session);
    t.ok(await storage.outbox.add(newMail(updated)));
  });

  t.test(`${servers} servers that create a database together all start`, async (t) => {
    const database = await newDatabase();
    const keys = [randomBytes(32)];
    const started = await Promise.all(Array.from({ length: servers }, () => openServer(t, database, keys)));
    const account = newAccount();
    await started[0]?.accounts.create(account, newMail(account));
    for (const server of started) t.ok(await server.accounts.exists(account.email));
  });
}

/** The schema of the first migration, with an account and a session. */
async function makeFirstRelease(
  database: DatabaseLocation,
  sealer: Sealer,
  account: Omit<ReturnType<typeof newAccount>, 'verifiedAt' | 'locale' | 'lockedAt'>,
  session: ReturnType<typeof newSession>,
): Promise<void> {
  const db = new Kysely<unknown>({ dialect: await createDialect(database, { forRequests: false }) });
  const migrator = new Migrator({ db, provider: createMigrations(database.engine) });
  const { error } = await migrator.migrateTo('0001-accounts-and-sessions');
  if (error) throw error;
  const { uid, email, generation, createdAt } = account;
  const seal = (column: 'verify_code' | 'verifier' | 'ka' | 'wrap_kb', bytes: Uint8Array) =>
    sealer.seal(aadFor('accounts', column, uid), bytes);
  await sql`insert into accounts values (
    ${uid}, ${email}, ${email.toLowerCase()}, null,
    ${seal('verify_code', Buffer.from(account.verifyCode, 'hex'))}, ${seal('verifier', account.verifier)},
    ${account.srpSalt}, ${account.stretchingSalt}, ${seal('ka', account.kA)},
    ${seal('wrap_kb', account.wrapKb)}, ${generation}, ${createdAt})`.execute(db);
  const hawkKey = sealer.seal(aadFor('sessions', 'req_hmac_key', session.tokenID), session.reqHMACkey);
  await sql`insert into sessions values (
    ${session.tokenID}, ${uid}, ${generation}, ${hawkKey}, ${session.deviceId}, ${session.deviceName},
    ${session.deviceType}, ${createdAt}, ${createdAt})`.execute(db);
  await db.destroy();
}
