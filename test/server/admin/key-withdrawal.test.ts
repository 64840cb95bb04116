import t from 'tap';
import { isVerified, readSupportDocument } from '../../support/admin/key-rotation.js';
import { runAdmin } from '../../support/admin/run-admin.js';
import { accept, createAccount, login } from '../../support/api/accounts.js';
import { RSA_KEY, verifyCertificate } from '../../support/api/certificates.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

// The tests share one server and its keys. At first RS-1 signs.
t.test('keys are withdrawn while a server runs', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const { sessionToken: token } = await login(server, await createAccount(server));
  const sign = async (): Promise<string> => {
    const body = { publicKey: RSA_KEY, duration: 3600 };
    const signer = { type: 'sessionToken', token } as const;
    return accept(await send(server, '/v1/certificate/sign', { body, signer })).cert;
  };
  const reload = async () => {
    await server.services.signer.keys.reload();
    return readSupportDocument(server);
  };

  t.test('no key is withdrawn without confirmation, and an unknown key is refused', async (t) => {
    const asked = await runAdmin(env, 'keys', 'withdraw', 'RS-1');
    t.equal(asked.code, 1);
    t.match(asked.stderr, 'use --yes');
    const unknown = await runAdmin(env, 'keys', 'withdraw', 'RS-7', '--yes', '--json');
    t.equal(unknown.code, 1);
    t.match(unknown.json, { error: 'there is no key RS-7: see keys list' });
    t.equal((await server.services.storage.signingKeys.list()).length, 1);
  });

  t.test('a withdrawn next key is replaced, and the current key signs until then', async (t) => {
    await runAdmin(env, 'keys', 'rotate', '--yes');
    const before = await reload();
    const withdrawn = await runAdmin(env, 'keys', 'withdraw', 'RS-2', '--yes', '--json');
    t.match(withdrawn.json, { madeKey: 'RS-3', signs: 'RS-1' });
    const after = await reload();
    t.same(after['public-key'], before['public-key']);
    t.equal(after['public-keys'].length, 2);
    const known = before['public-keys'].map((key) => JSON.stringify(key));
    const still = after['public-keys'].filter((key) => known.includes(JSON.stringify(key)));
    t.same(still, [before['public-key']]);
  });

  t.test('the next key replaces a withdrawn one at once', async (t) => {
    const withdrawn = await runAdmin(env, 'keys', 'withdraw', 'RS-1', '--yes');
    t.equal(withdrawn.code, 0, withdrawn.stderr);
    t.match(withdrawn.stdout, /^RS-1 is withdrawn\. RS-3 signs instead/);
    t.match(withdrawn.stdout, 'no-store');
    const { 'public-key': key, 'public-keys': keys } = await reload();
    t.same(keys, [key]);
    t.ok(verifyCertificate(await sign(), key));
  });

  t.test('a withdrawn only key is replaced at once and no longer published', async (t) => {
    const before = await readSupportDocument(server);
    const stolen = await sign();
    const withdrawn = await runAdmin(env, 'keys', 'withdraw', 'RS-3', '--yes', '--json');
    t.equal(withdrawn.code, 0, withdrawn.stderr);
    t.match(withdrawn.json, { id: 'RS-3', madeKey: 'RS-4', signs: 'RS-4', serversKnowBy: /^\d{4}-/ });
    t.ok(isVerified(await sign(), before), 'a server that has not reloaded still signs');
    const after = await reload();
    t.notSame(after['public-key'], before['public-key']);
    t.same(after['public-keys'], [after['public-key']]);
    t.ok(verifyCertificate(await sign(), after['public-key']));
    t.notOk(isVerified(stolen, after));
    t.match((await runAdmin(env, 'keys', 'list', '--json')).json, { keys: [{ id: 'RS-4', state: 'signs' }] });
  });
});
