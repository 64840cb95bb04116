import t from 'tap';
import { runAdmin } from '../../../../support/admin/run-admin.js';

// Low-priority threads do not get a core while other tests use all of them.
const STRETCH_NICE = '0';

t.test('the text form recommends settings', async (t) => {
  const ran = await runAdmin({ STRETCH_NICE }, 'capacity');
  t.equal(ran.code, 0, ran.stdout + ran.stderr);
  t.match(ran.stdout, /^engine +(native \([\w+]+\)|wasm)$/m);
  t.match(ran.stdout, /^logins, in batches +\d+\.\d per second$/m);
  t.match(ran.stdout, /^STRETCH_THREADS=\d+ {2}\(now \d+\)$/m);
  t.match(ran.stdout, /^memory: \d+ MiB or more$/m);
});
