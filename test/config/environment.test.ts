import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { findUnknownVariables } from '../../config/environment.js';
import { loadConfig } from '../../config/load.js';

const KEY = 'ab'.repeat(32);

t.test('a secret is read from the file in its _FILE variable, without the last line break', async (t) => {
  const directory = t.testdir({
    key: `${KEY}\n`,
    database: 'postgres://keys@db/keys\r\n',
    redis: 'redis://redis:6379',
    smtp: 'smtp://mail:25\n',
  });
  const config = loadConfig({
    STORAGE_KEY_FILE: join(directory, 'key'),
    DATABASE_URL_FILE: join(directory, 'database'),
    REDIS_URL_FILE: join(directory, 'redis'),
    SMTP_URL_FILE: join(directory, 'smtp'),
  });
  t.match(config, {
    storageKey: KEY,
    databaseUrl: 'postgres://keys@db/keys',
    redisUrl: 'redis://redis:6379',
    smtpUrl: 'smtp://mail:25',
  });
});

t.test('a secret with both variables is an error that names both', async (t) => {
  const file = join(t.testdir({ key: KEY }), 'key');
  t.throws(() => loadConfig({ STORAGE_KEY: KEY, STORAGE_KEY_FILE: file }), {
    message: 'STORAGE_KEY: is set together with STORAGE_KEY_FILE: unset one of them',
  });
});

t.test('an unreadable or empty file is an error that names only the variable', async (t) => {
  const directory = t.testdir({ empty: '\n' });
  // The variable may contain the secret itself by mistake.
  t.throws(() => loadConfig({ SMTP_URL_FILE: 'smtp://user:hunter2@mail' }), {
    message: /^SMTP_URL_FILE: the file cannot be read \(ENOENT\)(?!.*hunter2)/,
  });
  t.throws(() => loadConfig({ REDIS_URL_FILE: join(directory, 'empty') }), {
    message: 'REDIS_URL_FILE: names an empty file',
  });
});

t.test('the contents of a file must follow the rule of its setting', async (t) => {
  const file = join(t.testdir(), 'key');
  writeFileSync(file, 'hunter2');
  t.throws(() => loadConfig({ STORAGE_KEY_FILE: file }), {
    message: /^STORAGE_KEY: must be one or more keys of 64 hex digits/,
  });
});

t.test('an unknown variable is reported with the most similar setting', async (t) => {
  const nearest = (variable: string) => findUnknownVariables({ [variable]: 'x' })[0]?.nearest;
  t.equal(nearest('STRETCH_THREAD'), 'STRETCH_THREADS');
  t.equal(nearest('stretch_threads'), 'STRETCH_THREADS');
  t.equal(nearest('DATABSE_URL'), 'DATABASE_URL');
  t.equal(nearest('STORAGE_KEYS'), 'STORAGE_KEY');
  t.equal(nearest('LIMIT_MAILS'), 'LIMIT_MAILS_TO_ADDRESS');
  t.equal(nearest('REDIS_URL_FIL'), 'REDIS_URL_FILE');
});

t.test('settings and variables of other programs are not reported', async (t) => {
  const others = [
    'PATH',
    'HOME',
    'HOSTNAME',
    'LANG',
    'NODE_ENV',
    'PGPASSWORD',
    'REDIS_PORT',
    'SHELL',
    'POST',
  ];
  const own = ['PORT', 'STRETCH_THREADS', 'STORAGE_KEY_FILE'];
  t.same(findUnknownVariables(Object.fromEntries([...others, ...own].map((name) => [name, 'x']))), []);
});
