import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Kysely, Migrator } from 'kysely';
import t, { type Test } from 'tap';
import { type MoveProgress, moveDatabase } from '../../storage/move.js';
import { createDialect, type DatabaseLocation, openForLongWork } from '../../storage/sql/database.js';
import { createMigrations } from '../../storage/sql/migrations.js';
import { openStorage } from '../../storage/storage.js';
import { startPostgres } from '../support/services/postgres.js';
import { NOW_MS, newAccount, newMail, newSession } from '../support/storage/records.js';
import { openServer } from '../support/storage/sql-under-test.js';
import { newSqliteFile } from '../support/storage/sqlite-directory.js';

/** MOVED_ACCOUNTS=100000 for more. */
const ACCOUNTS = Number(process.env.MOVED_ACCOUNTS ?? 1200);
const BATCH = 500;

const postgres = await startPostgres(t);
const newPostgres = async () =>
  ({ engine: 'postgres', url: await postgres.createDatabase(), poolSize: 2 }) as const;

/** One real account and many copied rows. */
async function fill(location: DatabaseLocation, storageKeys: Uint8Array[]) {
  const storage = await openStorage({ database: location, storageKeys, now: () => NOW_MS });
  const account = newAccount();
  const session = { ...newSession(account), deviceName: null };
  await storage.accounts.create(account, newMail(account));
  await storage.sessions.create(session, 100);
  const key = { id: 'key', algorithm: 'RS', privateKeyPem: 'pem', createdAt: 1, retiredAt: 2 } as const;
  await storage.signingKeys.add(key);
  const secret = await storage.secrets.obtain('secret');
  await storage.close();

  const db = await openForLongWork(location);
  for (let made = 1; made < ACCOUNTS; ) {
    const newAccounts = Array.from({ length: Math.min(BATCH, ACCOUNTS - made) }, newAccount);
    const rows = newAccounts.map(
      ({ verifyCode, kA, verifier, wrapKb, srpSalt, stretchingSalt, ...rest }) => ({
        uid: rest.uid,
        email: rest.email,
        normalized_email: rest.email.toLowerCase(),
        verified_at: made % 2 ? NOW_MS : null,
        verify_code: Buffer.from(verifyCode, 'hex'),
        verifier,
        srp_salt: srpSalt,
        stretching_salt: stretchingSalt,
        ka: kA,
        wrap_kb: wrapKb,
        generation: rest.generation,
        locale: rest.locale,
        created_at: rest.createdAt,
      }),
    );
    await db.insertInto('accounts').values(rows).execute();
    const sessions = newAccounts.map((one) => {
      const { tokenID, reqHMACkey, uid, generation, deviceId, deviceName, deviceType } = newSession(one);
      return {
        token_id: tokenID,
        uid,
        generation,
        req_hmac_key: reqHMACkey,
        device_id: deviceId,
        device_name: deviceName,
        device_type: deviceType,
        created_at: NOW_MS,
        last_access_at: NOW_MS,
      };
    });
    await db.insertInto('sessions').values(sessions).execute();
    made += newAccounts.length;
  }
  await db.destroy();
  return { account, session, key, secret };
}

async function checkMoved(
  t: Test,
  database: DatabaseLocation,
  storageKeys: Uint8Array[],
  { account, session, key, secret }: Awaited<ReturnType<typeof fill>>,
) {
  const moved = await openServer(t, database, storageKeys);
  t.same(await moved.accounts.findByEmail(account.email.toUpperCase().replace('Ë', 'ë')), account);
  t.match(await moved.sessions.find(session.tokenID), session);
  t.same(await moved.signingKeys.list(), [key]);
  t.same(await moved.secrets.obtain('secret'), secret);
  t.equal((await moved.outbox.claim(1, NOW_MS, 1000)).length, 1);
}

const ROWS = [
  { table: 'accounts', rows: ACCOUNTS },
  { table: 'sessions', rows: ACCOUNTS },
  { table: 'mails', rows: 1 },
  { table: 'signing_keys', rows: 1 },
  { table: 'secrets', rows: 1 },
];

t.test('all rows move from SQLite to PostgreSQL and back, and the source does not change', async (t) => {
  const keys = [randomBytes(32)];
  const file = await newSqliteFile(t);
  const filled = await fill(file, keys);
  const hashFile = () => createHash('sha256').update(readFileSync(file.filename)).digest('hex');
  const before = hashFile();
  const there = await newPostgres();
  const progress: MoveProgress[] = [];
  const moved = await moveDatabase({ from: file, to: there, onProgress: (step) => progress.push(step) });
  t.match(moved, ROWS);
  t.equal(hashFile(), before);
  t.notOk(existsSync(`${file.filename}-wal`) && readFileSync(`${file.filename}-wal`).length);
  t.match(progress[0], { table: 'accounts', step: 'copying', rows: BATCH, of: ACCOUNTS });
  t.match(progress.at(-1), { table: 'secrets', step: 'checking', rows: 1, of: 1 });

  const back = await newSqliteFile(t);
  t.same(await moveDatabase({ from: there, to: back }), moved, 'the checksums are the same');
  await checkMoved(t, there, keys, filled);
  await checkMoved(t, back, keys, filled);
});

t.test('an interrupted move continues', async (t) => {
  const keys = [randomBytes(32)];
  const [from, to] = [await newSqliteFile(t), await newPostgres()];
  const filled = await fill(from, keys);
  const interrupt = ({ rows }: MoveProgress) => {
    if (rows > BATCH) throw new Error('interrupted');
  };
  await t.rejects(moveDatabase({ from, to, onProgress: interrupt }), { message: 'interrupted' });
  const progress: MoveProgress[] = [];
  t.match(await moveDatabase({ from, to, onProgress: (step) => progress.push(step) }), ROWS);
  t.ok((progress[0]?.rows ?? 0) > 2 * BATCH);
  await checkMoved(t, to, keys, filled);
});

t.test('a source that changes during the move is detected', async (t) => {
  const keys = [randomBytes(32)];
  const [from, to] = [await newSqliteFile(t), await newPostgres()];
  const { account } = await fill(from, keys);
  const interrupt = ({ step }: MoveProgress) => {
    if (step === 'checking') throw new Error('interrupted');
  };
  await t.rejects(moveDatabase({ from, to, onProgress: interrupt }), { message: 'interrupted' });
  await (await openServer(t, from, keys)).accounts.markVerified(account.uid, NOW_MS);
  await t.rejects(moveDatabase({ from, to }), { code: 'MOVE', message: /^accounts differs/ });
});

t.test('a move refuses a target with rows and a source of another release', async (t) => {
  const [from, to] = [await newSqliteFile(t), await newSqliteFile(t)];
  await fill(from, [randomBytes(32)]);
  await fill(to, [randomBytes(32)]);
  await t.rejects(moveDatabase({ from, to }), { code: 'MOVE', message: /already/ });
  await t.rejects(moveDatabase({ from, to: from }), { code: 'MOVE', message: /already/ });
  await t.rejects(moveDatabase({ from: await newSqliteFile(t), to }), { code: 'STORE_UNAVAILABLE' });

  const older = await newSqliteFile(t);
  const db = new Kysely<unknown>({ dialect: await createDialect(older, { forRequests: false }) });
  const migrator = new Migrator({ db, provider: createMigrations('sqlite') });
  await migrator.migrateTo('0001-accounts-and-sessions');
  await db.destroy();
  await t.rejects(moveDatabase({ from: older, to: await newPostgres() }), {
    code: 'MOVE',
    message: /another release/,
  });
});
