import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { judgeClock } from '../../../../server/admin/doctor/finding.js';
import { reasonOf } from '../../../../server/logs/reason.js';
import { type Ran, runAdmin } from '../../../support/admin/run-admin.js';
import { makeDataDir, startServer } from '../../../support/api/start-server.js';
import { findClosedPort, startMailServer } from '../../../support/mail/mail-server.js';
import { startPostgres } from '../../../support/services/postgres.js';
import { startRedis } from '../../../support/services/redis.js';

interface Finding {
  check: string;
  state: 'ok' | 'warning' | 'broken';
  says: string;
  advice?: string;
}

const SECRET = 'not-to-be-seen';
const STORAGE_KEY = 'ef'.repeat(32);

async function examine(env: Record<string, string>) {
  const ran = await runAdmin(env, 'doctor', '--json');
  const { findings } = ran.json as { findings: Finding[] };
  const find = (check: string) => findings.filter((finding) => finding.check === check);
  return { ...ran, findings, find, states: (check: string) => find(check).map(({ state }) => state) };
}

function hasAdvice({ findings }: { findings: Finding[] }): boolean {
  return findings.every(({ state, advice }) => state === 'ok' || Boolean(advice));
}

t.test('healthy stores are reported without changes', async (t) => {
  const [postgres, redis, mail] = [await startPostgres(t), await startRedis(t), await startMailServer(t)];
  const dataDir = await makeDataDir(t);
  await chmod(dataDir, 0o700);
  const env = {
    DATA_DIR: dataDir,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    SMTP_URL: mail.url,
    MAIL_FROM: 'Accounts <accounts@example.org>',
    PUBLIC_URL: 'https://accounts.example.org',
    TRUST_PROXY: 'loopback',
    STORAGE_KEY,
  };
  const fresh = await examine(env);
  t.equal(fresh.code, 0, fresh.stdout);
  t.same(fresh.find('schema')[0]?.state, 'ok');
  t.match(fresh.find('schema')[0]?.says, /migrations pending; the server runs them at start/);
  t.same(await readdir(dataDir), [], 'nothing is created');

  const server = await startServer(t, { ...env, STORAGE_KEY });
  const running = await examine(env);
  t.equal(running.code, 0, running.stdout);
  const checks = ['settings', 'STRETCH_ENGINE', 'DATA_DIR', 'disk', 'database', 'database clock', 'schema'];
  for (const check of [
    ...checks,
    'STORAGE_KEY',
    'signing key',
    'Redis',
    'Redis clock',
    'Redis memory',
    'mail',
    'SMTPUTF8',
  ]) {
    t.same(running.states(check), ['ok'], check);
  }
  t.equal(mail.received.length, 0, 'no mail was sent');
  await server.close();
});

t.test('a mail server without SMTPUTF8 is a warning that names the addresses without mail', async (t) => {
  const mail = await startMailServer(t, { smtp: { hideSMTPUTF8: true } });
  const ran = await examine({ DATA_DIR: await makeDataDir(t), SMTP_URL: mail.url });
  t.same(ran.states('mail'), ['ok']);
  t.match(ran.find('SMTPUTF8'), [{ state: 'warning', says: /non-ASCII local part get no mail/ }]);
  t.equal(mail.received.length, 0, 'no mail was sent');
});

t.test('every invalid setting is named', async (t) => {
  const ran = await examine({
    PORT: '70000',
    STORAGE_KEY: SECRET,
    REDIS_URL: `http://${SECRET}`,
    MAIL_FROM: SECRET,
    DOMAIN: `${SECRET}/`,
  });
  t.equal(ran.code, 1);
  t.same(ran.findings.map(({ check, state }) => [check, state]).sort(), [
    ['DOMAIN', 'broken'],
    ['MAIL_FROM', 'broken'],
    ['PORT', 'broken'],
    ['REDIS_URL', 'broken'],
    ['STORAGE_KEY', 'broken'],
  ]);
  t.ok(hasAdvice(ran));
  t.notMatch(ran.stdout + ran.stderr, SECRET);
});

t.test('unavailable stores and mail server are reported with their settings', async (t) => {
  const port = await findClosedPort();
  const ran = await examine({
    DATA_DIR: await makeDataDir(t),
    DATABASE_URL: `postgres://keyserver:${SECRET}@127.0.0.1:${port}/keyserver`,
    REDIS_URL: `redis://:${SECRET}@127.0.0.1:${port}`,
    SMTP_URL: `smtp://keyserver:${SECRET}@127.0.0.1:${port}`,
  });
  t.equal(ran.code, 1);
  t.match(ran.find('database')[0], { state: 'broken', says: /DATABASE_URL .*ECONNREFUSED/ });
  t.match(ran.find('Redis')[0], { state: 'broken', says: /REDIS_URL .*ECONNREFUSED/ });
  t.match(ran.find('mail')[0], { state: 'broken', says: /SMTP_URL/ });
  t.match(ran.find('STORAGE_KEY')[0], { state: 'broken', says: /required with DATABASE_URL/ });
  t.ok(hasAdvice(ran));
  t.notMatch(ran.stdout + ran.stderr, SECRET);
});

t.test('missing and wrong storage keys are reported', async (t) => {
  const server = await startServer(t);
  await server.close();
  const env = { DATA_DIR: server.dataDir };
  const other = await examine({ ...env, STORAGE_KEY });
  t.equal(other.code, 1);
  t.match(other.find('STORAGE_KEY'), [{ state: 'broken', says: 'does not decrypt the database' }]);
  await rm(join(server.dataDir, 'storage.key'));
  const gone = await examine(env);
  t.equal(gone.code, 1);
  t.match(gone.find('STORAGE_KEY'), [{ state: 'broken', says: /storage\.key is missing/ }]);
  t.same(gone.states('database'), ['ok'], 'the database is healthy');
  const files = await readdir(server.dataDir);
  t.notOk(files.includes('storage.key'), 'no new key is created');
});

t.test('an invalid database file, and a DATA_DIR that is not a directory, are reported', async (t) => {
  const dataDir = await makeDataDir(t);
  await writeFile(join(dataDir, 'key-server.sqlite'), 'the file is not a database');
  await writeFile(join(dataDir, 'storage.key'), STORAGE_KEY, { mode: 0o600 });
  const ran = await examine({ DATA_DIR: dataDir });
  t.equal(ran.code, 1);
  t.match(ran.find('database'), [{ state: 'broken', says: /SQLITE_NOTADB/ }]);
  const file = await examine({ DATA_DIR: join(dataDir, 'storage.key') });
  t.equal(file.code, 1);
  t.match(file.find('DATA_DIR')[0], { state: 'broken', says: /is not a directory/ });
});

t.test('a DATA_DIR that others can read is reported, and a missing one is not created', async (t) => {
  const dataDir = await makeDataDir(t);
  await chmod(dataDir, 0o755);
  await writeFile(join(dataDir, 'storage.key'), STORAGE_KEY);
  await chmod(join(dataDir, 'storage.key'), 0o644);
  await mkdir(join(dataDir, 'mail'));
  await chmod(join(dataDir, 'mail'), 0o700);
  const open = await examine({ DATA_DIR: dataDir });
  t.equal(open.code, 0, 'a server works');
  t.same(
    open.find('DATA_DIR').map(({ state, says }) => [state, says.replace(dataDir, 'DIR')]),
    [
      ['warning', 'DIR is accessible to other users of this machine (0755)'],
      ['warning', 'storage.key is accessible to other users of this machine (0644)'],
    ],
  );
  t.match(open.find('DATA_DIR')[0]?.advice, /^chmod 700 .*; the server does so at start$/);
  await writeFile(join(dataDir, 'file'), '');
  const foreign = await examine({ DATA_DIR: dataDir });
  t.match(
    foreign.find('DATA_DIR').map(({ advice }) => advice),
    [/^set a directory that only the server uses/, /^chmod 600 /],
  );
  const nowhere = join(dataDir, 'not', 'there');
  t.match((await examine({ DATA_DIR: nowhere })).find('DATA_DIR'), [
    { state: 'ok', says: /the server creates it/ },
  ]);
  await t.rejects(stat(nowhere), { code: 'ENOENT' });
});

t.test('contradictory settings are reported', async (t) => {
  const DATA_DIR = await makeDataDir(t);
  const https = await examine({ DATA_DIR, PUBLIC_URL: 'https://accounts.example.org', RATE_LIMITS: 'off' });
  t.same(https.states('TRUST_PROXY'), ['warning']);
  t.same(https.states('RATE_LIMITS'), ['warning']);
  t.same(https.states('PUBLIC_URL'), []);
  const open = await examine({ DATA_DIR, HOST: '0.0.0.0', MAX_CONNECTIONS: '1000000000' });
  t.same(open.states('PUBLIC_URL'), ['warning']);
  t.same(open.states('METRICS_PORT'), ['warning']);
  t.same(open.states('MAX_CONNECTIONS'), ['warning']);
  const http = await examine({ DATA_DIR, HOST: '::1', PUBLIC_URL: 'http://accounts.example.org' });
  t.same(http.states('PUBLIC_URL'), ['warning']);
  t.same(http.states('METRICS_PORT'), []);
  const guarded = await examine({ DATA_DIR, ENUMERATION_GUARD: 'on' });
  t.same(guarded.states('METRICS_PORT'), ['warning']);
  for (const ran of [https, open, http, guarded]) t.ok(hasAdvice(ran));
});

t.test('a Redis that evicts keys is reported', async (t) => {
  const args = ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'];
  const { url } = await startRedis(t, { args });
  const ran = await examine({ DATA_DIR: await makeDataDir(t), REDIS_URL: url });
  t.match(ran.find('Redis memory'), [{ state: 'warning', says: /allkeys-lru/ }]);
});

t.test('the text form is a list with advice below each line', async (t) => {
  const ran: Ran = await runAdmin({ DATA_DIR: await makeDataDir(t), RATE_LIMITS: 'off' }, 'doctor');
  t.match(ran.stdout, /^warning {2}RATE_LIMITS +off\n +→ set it to on/m);
  t.match(ran.stdout, /\nNothing is broken; warnings: \d+\.\n$/);
});

t.test('a clock is ok up to two seconds and broken from thirty seconds', async (t) => {
  t.match(judgeClock('clock', 1_900), { state: 'ok', says: /1\.9 s ahead of/ });
  t.match(judgeClock('clock', -2_000), { state: 'warning', says: /2\.0 s behind/, advice: /NTP/ });
  t.match(judgeClock('clock', 30_000), { state: 'broken', advice: /NTP/ });
});

t.test('the reason comes from the innermost cause and the first of several addresses', async (t) => {
  const refused = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
  const all = Object.assign(new AggregateError([refused], ''), { code: 'ECONNREFUSED' });
  t.equal(reasonOf(new Error('outer', { cause: all })), 'ECONNREFUSED connect refused');
  t.equal(reasonOf(new Error('only')), 'only');
});
