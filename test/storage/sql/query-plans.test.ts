import { sql } from 'kysely';
import t from 'tap';
import { openDatabase } from '../../../storage/sql/database.js';
import { newSqliteFile } from '../../support/storage/sqlite-directory.js';
import {
  countStatements,
  listRequestStatements,
  recordStatements,
  STATEMENTS,
} from '../../support/storage/statements.js';

const TABLES = /\b(accounts|sessions|mails)\b/;

const sqlite = await newSqliteFile(t);

t.test('on SQLite each method runs the expected statements, all with an index', async (t) => {
  const byMethod = await recordStatements(t, sqlite);
  // This also empties the log.
  t.same(countStatements(byMethod), { ...STATEMENTS, 'accounts.destroy': 2 });
  const { db, close } = await openDatabase(sqlite);
  t.teardown(close);
  for (const [method, statement] of listRequestStatements(byMethod)) {
    const plan = await sql.raw<{ detail: string }>(`explain query plan ${statement}`).execute(db);
    const scans = plan.rows.filter(({ detail }) => /^SCAN/.test(detail) && TABLES.test(detail));
    t.same(scans, [], method);
  }
});

t.test('on SQLite destroying an account finds its rows with an index', async (t) => {
  const { db, close } = await openDatabase(sqlite);
  t.teardown(close);
  for (const table of ['sessions', 'mails']) {
    const plan = await sql
      .raw<{ detail: string }>(`explain query plan delete from ${table} where uid = ?`)
      .execute(db);
    t.match(plan.rows, [{ detail: /^SEARCH .* USING (COVERING )?INDEX/ }]);
  }
});
