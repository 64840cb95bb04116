import { Kysely, sql } from 'kysely';
import t from 'tap';
import { createDialect } from '../../../../storage/sql/database.js';
import type { Tables } from '../../../../storage/sql/schema.js';
import { startPostgres } from '../../../support/services/postgres.js';
import {
  countStatements,
  listRequestStatements,
  recordStatements,
  STATEMENTS,
} from '../../../support/storage/statements.js';

/** With fewer rows PostgreSQL prefers to scan some tables. */
const ACCOUNTS = 100_000;

const postgres = { engine: 'postgres', url: (await startPostgres(t)).url, poolSize: 2 } as const;

t.test('on PostgreSQL with 100,000 accounts no request scans a table', async (t) => {
  const byMethod = await recordStatements(t, postgres);
  t.same(countStatements(byMethod), STATEMENTS);
  const dialect = await createDialect({ ...postgres, poolSize: 1 }, { forRequests: false });
  const db = new Kysely<Tables>({ dialect });
  t.teardown(() => db.destroy());
  await fill(db);
  await sql`set plan_cache_mode = force_generic_plan`.execute(db);
  const statements = listRequestStatements(byMethod);
  statements.push(['destruction', 'delete from sessions where uid = $1']);
  statements.push(['destruction', 'delete from mails where uid = $1']);
  for (const [method, statement] of statements) {
    const parameters = Math.max(0, ...[...statement.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
    await sql.raw(`prepare asked as ${statement}`).execute(db);
    const nulls = parameters ? `(${Array(parameters).fill('null').join(', ')})` : '';
    const plan = await sql.raw<{ 'QUERY PLAN': string }>(`explain execute asked ${nulls}`).execute(db);
    const scans = plan.rows.map((row) => row['QUERY PLAN']).filter((line) => /Seq Scan/.test(line));
    t.same(scans, [], method);
    await sql`deallocate asked`.execute(db);
  }
});

async function fill(db: Kysely<Tables>): Promise<void> {
  const series = sql`generate_series(1, ${sql.lit(ACCOUNTS)}) as n`;
  const bytes = sql`decode(md5(n::text), 'hex')`;
  await sql`insert into accounts (uid, email, normalized_email, verify_code, verifier, srp_salt,
      stretching_salt, ka, wrap_kb, generation, created_at)
    select 'uid' || n, n || '@example.org', n || '@example.org', ${bytes}, ${bytes}, ${bytes},
      ${bytes}, ${bytes}, ${bytes}, n, n from ${series}`.execute(db);
  await sql`insert into sessions (token_id, uid, generation, req_hmac_key, device_id, created_at, last_access_at)
    select 'token' || n, 'uid' || n, n, ${bytes}, 'device', n, n from ${series}`.execute(db);
  await sql`insert into mails (id, uid, message, next_attempt_at, created_at)
    select 'mail' || n, 'uid' || n, ${bytes}, n, n from ${series}`.execute(db);
  await sql`insert into audit (id, at, actor, event, uid)
    select 'act' || n, n, 'root', 'accountLocked', 'uid' || n from ${series}`.execute(db);
  await sql`analyze`.execute(db);
}
