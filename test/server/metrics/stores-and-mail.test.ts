import t from 'tap';
import { createAccount, makeEmail, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { findClosedPort, startMailServer } from '../../support/mail/mail-server.js';
import { scrape, scrapeUntil } from '../../support/metrics/scrape.js';
import { startPostgres } from '../../support/services/postgres.js';
import { startRedis } from '../../support/services/redis.js';

const DURATIONS = 'keyserver_store_operation_duration_seconds_count';
const ERRORS = 'keyserver_store_errors_total';
const STORAGE_KEY = 'ab'.repeat(32);

t.test(
  'statements and round trips are timed, failures are counted, and a scrape works without stores',
  async (t) => {
    const [postgres, redis] = [await startPostgres(t), await startRedis(t)];
    const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, STORAGE_KEY };
    const server = await startServer(t, env);
    await createAccount(server);
    await send(server, '/v1/auth/start', { body: { email: toHex(makeEmail()) } });
    const before = await scrape(server);
    for (const operation of ['select', 'insert', 'update', 'begin', 'commit']) {
      t.ok(before.read(DURATIONS, { store: 'database', operation }) > 0, operation);
    }
    t.ok(before.read(DURATIONS, { store: 'tokens', operation: 'command' }) > 0);
    t.equal(before.read(ERRORS), 0);
    t.equal(before.read('keyserver_mails_waiting'), 0);

    await postgres.stop('SIGQUIT');
    await redis.stop('SIGKILL');
    await send(server, '/__heartbeat__', { method: 'GET' });
    const after = await scrape(server);
    t.ok(after.read(ERRORS, { store: 'database', operation: 'connect' }) > 0);
    t.ok(after.read(ERRORS, { store: 'tokens' }) > 0);
    t.ok(Number.isNaN(after.read('keyserver_mails_waiting')), 'NaN while the database is unavailable');
    t.ok(after.read('keyserver_http_requests_total', { route: '/__heartbeat__', status: 503 }) > 0);
  },
);

t.test('a hanging database delays a scrape by a second at most, with one query', async (t) => {
  const postgres = await startPostgres(t);
  const server = await startServer(t, { DATABASE_URL: postgres.url, STORAGE_KEY });
  await scrape(server);
  let asked = 0;
  const { outbox } = server.services.storage;
  const count = outbox.count.bind(outbox);
  outbox.count = () => {
    asked++;
    return count();
  };
  postgres.freeze();
  const scrapes = await Promise.all([scrape(server), scrape(server), scrape(server)]);
  postgres.thaw();
  for (const { read } of scrapes) t.ok(Number.isNaN(read('keyserver_mails_waiting')));
  t.equal(asked, 1);
});

t.test('sent and waiting mails are counted', async (t) => {
  const mails = await startMailServer(t);
  const server = await startServer(t, { SMTP_URL: mails.url });
  await createAccount(server, { verified: false });
  await server.services.mailer.waitUntilIdle();
  const seen = await scrape(server);
  t.equal(seen.read('keyserver_mail_attempts_total', { kind: 'verify', outcome: 'sent' }), 1);
  t.equal(seen.read('keyserver_mail_attempt_duration_seconds_count'), 1);
  t.equal(seen.read('keyserver_mails_waiting'), 0);
});

t.test('during an outage of the mail server, mails are counted as waiting and postponed', async (t) => {
  const server = await startServer(t, { SMTP_URL: `smtp://127.0.0.1:${await findClosedPort()}` });
  await createAccount(server, { verified: false });
  await server.services.mailer.waitUntilIdle();
  const seen = await scrapeUntil(server, ({ has }) =>
    has('keyserver_mail_attempts_total', { outcome: 'unreachable' }),
  );
  t.equal(seen.read('keyserver_mail_attempts_total', { kind: 'verify', outcome: 'unreachable' }), 1);
  t.equal(seen.read('keyserver_mails_waiting'), 1);
});
