import t from 'tap';
import { KeyServerClient } from '../../client/key-server-client.js';
import { createNodeEngine } from '../../client/node-engine.js';
import { RawPasswordClient } from '../../client/raw-password-client.js';
import { SrpClient } from '../../client/srp-client.js';
import { verifyAccount } from '../support/api/accounts.js';
import { startServer } from '../support/api/start-server.js';

const server = await startServer(t);
const HOUR_MS = 3_600_000;

t.test('a client whose clock is off by an hour corrects it after one refusal', async (t) => {
  for (const offsetMs of [-HOUR_MS, HOUR_MS]) {
    const client = new KeyServerClient({ url: server.publicUrl, now: () => Date.now() + offsetMs });
    const srp = new SrpClient(client, createNodeEngine());
    const email = `clock${offsetMs}@example.org`;
    const { uid } = await srp.createAccount(email, 'password');
    await verifyAccount(server, uid);
    t.equal(client.transport.clockOffsetMs, 0);
    const { sessionToken, keyFetchToken, unwrapBKey } = await srp.login(email, 'password');
    t.ok(
      Math.abs(client.transport.clockOffsetMs + offsetMs) < 60_000,
      `${client.transport.clockOffsetMs} ms`,
    );
    const keys = await srp.fetchKeys(keyFetchToken, unwrapBKey);
    t.equal(keys.kA.length, 32);
    t.match(await client.recoveryEmail.status(sessionToken), { verified: true });
  }
});

t.test('an address in another case logs in over SRP without a failed request', async (t) => {
  const statuses: number[] = [];
  const client = new KeyServerClient({
    url: server.publicUrl,
    async fetch(...request) {
      const response = await fetch(...request);
      statuses.push(response.status);
      return response;
    },
  });
  const srp = new SrpClient(client, createNodeEngine());
  const raw = new RawPasswordClient(client);
  const typed = 'some.body@example.ORG';
  const { uid } = await raw.createAccount('Some.Body@Example.org', 'password');
  t.match(await srp.login(typed, 'password'), { uid, email: 'Some.Body@Example.org' });
  t.match(await raw.login(typed, 'password'), { uid });
  t.same([...new Set(statuses)], [200]);
  await t.rejects(srp.login(typed, 'Password'), { name: 'ApiError', errno: 103 });

  const { forgotPasswordToken } = await srp.sendRecoveryCode(typed);
  await srp.resendRecoveryCode(forgotPasswordToken, typed);
  const code = await server.mailbox.readCode('x-recovery-code', uid);
  await srp.resetPassword(typed, await srp.verifyRecoveryCode(forgotPasswordToken, code), 'another');
  t.match(await raw.login(typed, 'another'), { uid });
  t.match(await srp.login('Some.Body@Example.org', 'another'), { uid });
});

t.test('a refusal is an ApiError with its reason', async (t) => {
  const client = new KeyServerClient({ url: server.publicUrl });
  const srp = new SrpClient(client, createNodeEngine());
  const { uid } = await srp.createAccount('taken@example.org', 'password');
  const name = 'ApiError';
  await t.rejects(srp.createAccount('Taken@example.org', 'password'), { name, errno: 101 });
  await t.rejects(srp.login('nobody@example.org', 'password'), { name, errno: 102 });
  await t.rejects(srp.login('taken@example.org', 'Password'), { name, errno: 103 });
  const { sessionToken, keyFetchToken, unwrapBKey } = await srp.login('taken@example.org', 'password');
  await t.rejects(srp.fetchKeys(keyFetchToken, unwrapBKey), { name, errno: 104 });
  await t.rejects(srp.fetchKeys(keyFetchToken, unwrapBKey), { name, errno: 110 });
  await t.rejects(client.recoveryEmail.verifyCode(uid, 'ab'.repeat(32)), { name, errno: 105 });
  await client.session.destroy(sessionToken);
  await t.rejects(client.recoveryEmail.status(sessionToken), { name, errno: 110 });
});
