import type { Test } from 'tap';
import { NOW_MS } from '../support/storage/records.js';
import type { SqlUnderTest } from '../support/storage/sql-under-test.js';

export function describeAuditLog(t: Test, { storage, other }: SqlUnderTest): void {
  t.test('acts are listed newest first, in pages, on every server', async (t) => {
    const acts = [1, 2, 3].map((n) => ({
      at: NOW_MS + n,
      actor: 'root',
      event: 'accountLocked',
      uid: `uid-${n}`,
      key: null,
    }));
    for (const act of acts) await storage.audit.add(act);
    const [newest, second] = await other.audit.list({ limit: 2 });
    t.match([newest, second], [acts[2], acts[1]]);
    t.match(await other.audit.list({ limit: 2, before: second?.id }), [acts[0]]);
    t.match(await other.audit.listOf('uid-2'), [acts[1]]);
  });
}
