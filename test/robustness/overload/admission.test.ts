import t from 'tap';
import { createAccount, login } from '../../support/api/accounts.js';
import { createAccounts, rawLogin } from '../../support/api/raw-logins.js';
import { type Reply, send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';

const LOGINS = Number(process.env.LOGINS_AT_ONCE ?? 300);

/** In seconds: less than all the logins take, more than the first ones. */
const MAX_WAIT = 2;

t.test('with many logins at once', async (t) => {
  const server = await startServer(t, {
    TRUST_PROXY: 'loopback',
    STRETCH_MAX_WAIT: String(MAX_WAIT),
    MAX_SESSIONS: '1000',
  });
  const emails = await createAccounts(server, 2);
  const { sessionToken: token } = await login(server, await createAccount(server));
  const answered: Reply[] = [];
  const logins = Array.from({ length: LOGINS }, async (_, i) => {
    answered.push(await rawLogin(server, emails[i % emails.length] as string, `192.0.2.${i % 250}`));
  });

  await t.test('heartbeats and Hawk requests are served meanwhile', async (t) => {
    await waitUntil(() => server.services.stretcher.queue.waiting > 0);
    for (let i = 0; i < 5; i++) {
      t.equal((await send(server, '/__heartbeat__', { method: 'GET' })).status, 200);
      const signer = { type: 'sessionToken', token } as const;
      t.equal((await send(server, '/v1/recovery_email/status', { method: 'GET', signer })).status, 200);
    }
    t.ok(server.services.stretcher.queue.waiting > 0, 'before the last login was served');
  });

  await t.test('each login is served, or refused with a time to retry', async (t) => {
    await Promise.all(logins);
    t.equal(answered.length, LOGINS);
    const refused = answered.filter(({ status }) => status !== 200);
    t.ok(answered.length > refused.length, 'some are served');
    t.ok(refused.length > 0, 'some are refused');
    for (const { status, headers, body } of refused) {
      const retryAfter = Number(headers['retry-after']);
      t.match({ status, body }, { status: 503, body: { code: 503, errno: 201, retryAfter } });
      t.ok(
        Number.isInteger(retryAfter) && retryAfter >= MAX_WAIT && retryAfter <= 10 * MAX_WAIT,
        `${retryAfter} s`,
      );
    }
    t.ok(new Set(refused.map(({ body }) => body.retryAfter)).size > 1, 'times to retry differ');
  });

  await t.test('refusals are immediate', async (t) => {
    const statuses = answered.map(({ status }) => status);
    const served = statuses.flatMap((status, i) => (status === 200 ? i : []));
    const lastRefused = statuses.lastIndexOf(503);
    const before = served.filter((i) => i < lastRefused).length;
    t.ok(before <= served.length / 3, `the last one when ${before} of ${served.length} were served`);
  });

  await t.test('the log has a line for each login and no error', async (t) => {
    const parse = () => server.logLines.map((line) => JSON.parse(line));
    const refused = answered.filter(({ status }) => status === 503).length;
    await waitUntil(() => parse().filter(({ errno }) => errno === 201).length === refused);
    const lines = parse();
    t.same(
      lines.filter(({ level }) => level === 'error'),
      [],
    );
  });

  await t.test('afterwards a login is served as usual', async (t) => {
    t.equal((await rawLogin(server, emails[0] as string, '198.51.100.1')).status, 200);
  });
});
