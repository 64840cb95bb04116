import t, { type Test } from 'tap';
import { KeyServerClient } from '../../../client/key-server-client.js';
import { createNodeEngine } from '../../../client/node-engine.js';
import { RawPasswordClient } from '../../../client/raw-password-client.js';
import { SrpClient } from '../../../client/srp-client.js';
import { startServer } from '../../support/api/start-server.js';
import { HOST, startNginx } from '../../support/docs/nginx.js';
import { findFreePort } from '../../support/services/free-port.js';

const email = 'me@example.com';
const password = 'correct horse';

async function startBehindNginx(t: Test, settings: Record<string, string> = {}) {
  const port = await findFreePort();
  const publicUrl = `https://${HOST}:${port}`;
  const server = await startServer(t, { PUBLIC_URL: publicUrl, TRUST_PROXY: 'loopback', ...settings });
  const nginx = await startNginx(t, Number(new URL(server.url).port), port);
  const clientFrom = (address: string) =>
    new KeyServerClient({ url: publicUrl, fetch: nginx.fetchFrom(address) });
  return { server, nginx, publicUrl, clientFrom };
}

t.test('both login methods work through nginx and TLS, with signatures over the https URL', async (t) => {
  const { clientFrom, server } = await startBehindNginx(t);
  const client = clientFrom('127.0.0.1');
  const srp = new SrpClient(client, createNodeEngine());
  const { uid } = await srp.createAccount(email, password);
  const code = await server.mailbox.readCode('x-verify-code', uid);
  await client.recoveryEmail.verifyCode(uid, code);
  const login = await srp.login(email, password);
  const keys = await srp.fetchKeys(login.keyFetchToken, login.unwrapBKey);
  t.equal(keys.kA.length, 32);
  const { sessionToken } = await new RawPasswordClient(client).login(email, password);
  t.equal((await client.account.devices(sessionToken)).devices.length, 2);
});

t.test('an event stream passes without buffering', async (t) => {
  const { clientFrom, server } = await startBehindNginx(t);
  const client = clientFrom('127.0.0.1');
  const raw = new RawPasswordClient(client);
  const { uid } = await raw.createAccount(email, password);
  const { sessionToken } = await raw.login(email, password);
  const events = client.recoveryEmail.statusEvents(sessionToken);
  // With buffering this event would arrive with the next one, which the test sends later.
  t.equal((await events.next()).value?.verified, false);
  await client.recoveryEmail.verifyCode(uid, await server.mailbox.readCode('x-verify-code', uid));
  t.equal((await events.next()).value?.verified, true);
  t.equal((await events.next()).done, true);
});

t.test('limits count the addresses that nginx saw, whatever clients send', async (t) => {
  const { clientFrom, nginx, publicUrl } = await startBehindNginx(t, {
    RATE_LIMITS: 'on',
    LIMIT_REQUESTS_OF_SOURCE: '3/3600',
  });
  const one = clientFrom('127.0.0.1');
  for (let i = 0; i < 3; i++) await one.getRandomBytes();
  await t.rejects(one.getRandomBytes(), { name: 'ApiError', errno: 114 });
  const claim = { method: 'POST', headers: { 'X-Forwarded-For': '203.0.113.7' } };
  const claimed = await nginx.fetchFrom('127.0.0.1')(`${publicUrl}/v1/get_random_bytes`, claim);
  t.equal(claimed.status, 429);
  await t.resolves(clientFrom('127.0.0.2').getRandomBytes(), 'another address has its own');
});

t.test('a body that is too large gets an error of the API', async (t) => {
  const { clientFrom } = await startBehindNginx(t);
  const tooLarge = clientFrom('127.0.0.1').rawPassword.createAccount({
    email: '00'.repeat(40_000),
    password,
  });
  await t.rejects(tooLarge, { name: 'ApiError', errno: 113 });
});

t.test('operators’ paths are not public', async (t) => {
  const { nginx, publicUrl, server } = await startBehindNginx(t);
  t.equal((await fetch(`${server.url}/metrics`)).status, 200);
  for (const path of [
    '/metrics',
    '/METRICS',
    '/metrics/',
    '/__heartbeat__',
    '/__Heartbeat__',
    '/__heartbeat__/',
  ]) {
    t.equal((await nginx.fetchFrom('127.0.0.1')(publicUrl + path)).status, 404, path);
  }
  t.equal((await fetch(`${server.url}/__heartbeat__`)).status, 200);
  t.equal(
    (await nginx.fetchFrom('127.0.0.1')(`${publicUrl}/`)).headers.get('strict-transport-security'),
    'max-age=31536000',
  );
});
