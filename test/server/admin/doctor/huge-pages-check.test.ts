import { join } from 'node:path';
import t from 'tap';
import { checkHugePages } from '../../../../server/admin/doctor/huge-pages-check.js';

t.test('disabled huge pages are a warning; without the Linux file nothing is reported', async (t) => {
  const folder = t.testdir({ off: 'always madvise [never]\n', on: 'always [madvise] never\n' });
  t.match(checkHugePages(join(folder, 'off')), [{ state: 'warning', advice: /madvise/ }]);
  t.match(checkHugePages(join(folder, 'on')), [{ state: 'ok', says: /madvise/ }]);
  t.same(checkHugePages(join(folder, 'missing')), []);
});
