import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { createClient } from 'redis';
import t from 'tap';
import type { RateKey } from '../../storage/rate-counters.js';
import { type DatabaseLocation, openForLongWork } from '../../storage/sql/database.js';
import { openStorage } from '../../storage/storage.js';
import { accept, authenticate, createAccount, toHex } from '../support/api/accounts.js';
import { send } from '../support/api/send.js';
import { startServer } from '../support/api/start-server.js';
import { startPostgres } from '../support/services/postgres.js';
import { startRedis } from '../support/services/redis.js';
import {
  NOW_MS,
  newAccount,
  newMail,
  newSession,
  randomHex,
  TOKEN_KINDS,
  tokenRecords,
} from '../support/storage/records.js';
import { newSqliteFile } from '../support/storage/sqlite-directory.js';

const redis = await startRedis(t);
const client = createClient({ url: redis.url });
await client.connect();
t.teardown(() => client.destroy());

/** Includes tables of libraries. */
async function dump(database: DatabaseLocation): Promise<string[]> {
  const db = await openForLongWork(database);
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const rows = await Promise.all(
    tables.map(({ name }) => sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)),
  );
  await db.destroy();
  return rows.flatMap(({ rows }) => rows.flatMap((row) => Object.values(row).map(String)));
}

for (const engine of ['sqlite', 'postgres'] as const) {
  t.test(`a destroyed account leaves no row in ${engine} and no key in Redis`, async (t) => {
    await client.flushDb();
    const database: DatabaseLocation =
      engine === 'sqlite'
        ? await newSqliteFile(t)
        : { engine, url: (await startPostgres(t)).url, poolSize: 2 };
    const storage = await openStorage({
      database,
      redisUrl: redis.url,
      storageKeys: [randomBytes(32)],
      now: () => NOW_MS,
    });
    t.teardown(() => storage.close());
    const { accounts, sessions, outbox, tokens, counters } = storage;
    const [account, bystander] = [newAccount(), newAccount()];
    for (const one of [account, bystander]) await accounts.create(one, newMail(one));
    const { uid } = account;
    const before = (await dump(database)).filter((value) => value.includes(bystander.uid)).length;

    const session = newSession(account);
    await sessions.create(session, 100);
    await outbox.add(newMail(account));
    const records = tokenRecords(uid);
    const ids = TOKEN_KINDS.map(() => randomHex());
    for (const [i, kind] of TOKEN_KINDS.entries()) {
      await tokens.put(kind, ids[i] as string, records[kind], 600);
      await tokens.countGuess(ids[i] as string, 600);
      await tokens.claimNonce({ uid, tokenID: ids[i] as string }, 'nonce', 1, 121);
    }
    await tokens.take('authToken', ids[TOKEN_KINDS.indexOf('authToken')] as string);
    await tokens.replaceForgotPasswordToken(uid, '192.0.2.1', ids.at(-1) as string, 600);
    await tokens.claimNonce({ uid, tokenID: session.tokenID }, 'nonce', 1, 121);
    await counters.add([
      [{ name: 'passwords', seconds: 900 }, `${uid}:192.0.2.1`, uid],
      [{ name: 'all passwords', seconds: 3600 }, uid, uid],
    ]);
    await counters.add([[{ name: 'codes', seconds: 60 }, `${uid}:192.0.2.2`, uid]]);
    const ofBystander: RateKey[] = [[{ name: 'passwords', seconds: 900 }, bystander.uid, bystander.uid]];
    await counters.add(ofBystander);

    await accounts.destroy(uid, account.generation);
    await tokens.forgetAccount(uid);
    await counters.forgetAccount(uid);
    const kept = (await client.keys('*')).toSorted();
    t.equal(kept[0], `fxa:counters:{${bystander.uid}}`);
    t.match(kept[1], /^fxa:rate:passwords:/);
    t.equal(kept.length, 2);
    const left = await dump(database);
    for (const trace of [
      uid,
      account.email,
      account.email.toLowerCase(),
      session.tokenID,
      session.deviceId,
    ]) {
      t.same(
        left.filter((value) => value.includes(trace)),
        [],
      );
    }
    t.equal(left.filter((value) => value.includes(bystander.uid)).length, before);
  });
}

t.test('a destroyed account leaves no counter in Redis', async (t) => {
  await client.flushDb();
  const server = await startServer(t, { REDIS_URL: redis.url, RATE_LIMITS: 'on' });
  const account = await createAccount(server);
  const { uid } = account;
  const login = { email: toHex(account.email), password: 'wrong' };
  for (const from of ['127.0.0.1', '127.0.0.2']) {
    const password = await send(server, '/v1/raw_password/session/create', { body: login, from });
    t.equal(password.body.errno, 103);
    const code = { uid, code: randomHex() };
    t.equal((await send(server, '/v1/recovery_email/verify_code', { body: code, from })).body.errno, 105);
  }
  const index = `fxa:counters:{${uid}}`;
  const counters = await client.sMembers(index);
  // Passwords and codes of each source, and passwords of the account.
  t.equal(counters.length, 5);
  t.equal(await client.exists([index, ...counters]), 6);
  const token = await authenticate(server, account);
  accept(await send(server, '/v1/account/destroy', { signer: { type: 'authToken', token } }));
  t.equal(await client.exists([index, ...counters]), 0);
});
