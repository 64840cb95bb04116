import type { Test } from 'tap';
import type { SqlUnderTest } from '../support/storage/sql-under-test.js';

export function describeSecrets(t: Test, { storage, other }: SqlUnderTest): void {
  t.test('a secret is generated once and has 32 bytes', async (t) => {
    const asked = await Promise.all(
      [storage, other, storage, other].map(({ secrets }) => secrets.obtain('one')),
    );
    const [first] = asked as [Buffer];
    t.equal(first.length, 32);
    for (const secret of asked) t.same(secret, first);
    t.same(await other.secrets.obtain('one'), first);
    t.notSame(await storage.secrets.obtain('another'), first);
  });
}
