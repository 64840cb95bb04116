import t from 'tap';
import { openDatabase } from '../../../storage/sql/database.js';
import { prepareQuery } from '../../../storage/sql/prepared-query.js';
import { newSqliteFile } from '../../support/storage/sqlite-directory.js';

t.test('each call supplies its own values', async (t) => {
  const { db, close } = await openDatabase(await newSqliteFile(t));
  t.teardown(close);
  const until = [10, 20, 30];
  for (const ms of until)
    await db
      .insertInto('leases')
      .values({ name: `lease ${ms}`, until: ms })
      .execute();
  const find = prepareQuery(db, ({ above, below }: { above: number; below: number }) =>
    db
      .selectFrom('leases')
      .select('name')
      .where('until', '<', below)
      .where('name', '!=', 'lease 10')
      .where('until', '>', above),
  );
  const [low, high] = await Promise.all([find({ above: 0, below: 25 }), find({ above: 25, below: 99 })]);
  t.same(low.rows, [{ name: 'lease 20' }]);
  t.same(high.rows, [{ name: 'lease 30' }]);
});

t.test('a write returns the number of changed rows', async (t) => {
  const { db, close } = await openDatabase(await newSqliteFile(t));
  t.teardown(close);
  const insert = prepareQuery(db, (values: { name: string; until: number }) =>
    db.insertInto('leases').values({ name: values.name, until: values.until }),
  );
  t.equal((await insert({ name: 'one', until: 1 })).numAffectedRows, 1n);
  await t.rejects(insert({ name: 'one', until: 2 }), { code: 'DUPLICATE_ROW' });
});
