import t from 'tap';
import { describeRotation } from '../../support/admin/key-rotation.js';
import { runAdmin } from '../../support/admin/run-admin.js';
import { startServer } from '../../support/api/start-server.js';

describeRotation(t, 'RS');

t.test('keys are listed with their state and without key material', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  await runAdmin(env, 'keys', 'rotate', '--yes');
  const listed = await runAdmin(env, 'keys', 'list', '--json');
  t.match(listed.json, {
    keys: [
      { id: 'RS-2', algorithm: 'RS', state: 'takes over', retiredAt: null, publishedUntil: null },
      { id: 'RS-1', algorithm: 'RS', state: 'signs', retiredAt: /^\d{4}-/, publishedUntil: /^\d{4}-/ },
    ],
  });
  const text = (await runAdmin(env, 'keys', 'list')).stdout;
  t.match(text, /RS-2 +takes over .*\nRS-1 +signs /);
  t.notMatch(text + listed.stdout, /PRIVATE/);
  const other = await runAdmin({ ...env, SIGNING_ALGORITHM: 'DS' }, 'keys', 'rotate', '--yes');
  t.equal(other.code, 1);
  t.match(other.stderr, 'there is no DS key yet');
});

t.test('a key is not rotated without confirmation', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const refused = await runAdmin(env, 'keys', 'rotate');
  t.equal(refused.code, 1);
  t.match(refused.stderr, 'use --yes');
  t.equal((await server.services.storage.signingKeys.list()).length, 1);
});
