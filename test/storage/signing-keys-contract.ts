import type { Test } from 'tap';
import type { StoredSigningKey } from '../../storage/signing-keys.js';
import { NOW_MS, randomHex } from '../support/storage/records.js';
import type { SqlUnderTest } from '../support/storage/sql-under-test.js';

export function describeSigningKeys(t: Test, { storage: { signingKeys }, other }: SqlUnderTest): void {
  const newKey = (id: string, createdAt: number, algorithm: 'RS' | 'DS' = 'RS'): StoredSigningKey => ({
    id,
    algorithm,
    privateKeyPem: randomHex(),
    createdAt,
    retiredAt: null,
  });

  t.test(
    'keys are listed newest first, IDs are unique, and a rotation retires the previous key',
    async (t) => {
      const [first, dsa, second] = [
        newKey('RS-1', NOW_MS),
        newKey('DS-1', NOW_MS + 1, 'DS'),
        newKey('RS-2', NOW_MS + 2),
      ];
      t.ok(await signingKeys.add(first));
      t.notOk(await other.signingKeys.add(newKey('RS-1', NOW_MS)));
      t.ok(await other.signingKeys.add(dsa));
      t.same(await signingKeys.list(), [dsa, first]);
      t.ok(await other.signingKeys.rotate(second, NOW_MS + 60));
      t.same(await signingKeys.list(), [second, dsa, { ...first, retiredAt: NOW_MS + 60 }]);
    },
  );

  t.test('of two rotations to the same ID one succeeds', async (t) => {
    const done = await Promise.all([
      signingKeys.rotate(newKey('RS-3', NOW_MS + 3), NOW_MS + 70),
      other.signingKeys.rotate(newKey('RS-3', NOW_MS + 3), NOW_MS + 70),
    ]);
    t.equal(done.filter(Boolean).length, 1);
    const keys = await signingKeys.list();
    t.same(
      keys.map(({ id, retiredAt }) => [id, retiredAt]),
      [
        ['RS-3', null],
        ['RS-2', NOW_MS + 70],
        ['DS-1', null],
        ['RS-1', NOW_MS + 60],
      ],
    );
  });

  t.test('a key is withdrawn once, in one transaction with its replacement', async (t) => {
    const ids = async () => (await signingKeys.list()).map(({ id }) => id);
    t.notOk(await other.signingKeys.withdraw('RS-9', newKey('RS-10', NOW_MS + 4)));
    t.notOk(await other.signingKeys.withdraw('RS-3', newKey('RS-2', NOW_MS + 4)), 'the id is taken');
    t.same(await ids(), ['RS-3', 'RS-2', 'DS-1', 'RS-1']);
    const done = await Promise.all([
      signingKeys.withdraw('RS-3', newKey('RS-4', NOW_MS + 4)),
      other.signingKeys.withdraw('RS-3', newKey('RS-4', NOW_MS + 4)),
    ]);
    t.equal(done.filter(Boolean).length, 1);
    t.ok(await signingKeys.withdraw('RS-1', undefined));
    t.same(await ids(), ['RS-4', 'RS-2', 'DS-1']);
  });
}
