import { domainToUnicode } from 'node:url';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import t from 'tap';
import { ConfigError, loadConfig, withListeningPort } from '../../config/load.js';

t.test('an empty environment gives the defaults of an embedded server', async (t) => {
  t.match(loadConfig({}), {
    host: '127.0.0.1',
    port: 9000,
    dataDir: './var',
    databaseUrl: '',
    redisUrl: '',
    smtpUrl: '',
    rateLimits: 'on',
    stretchEngine: 'native',
    signingAlgorithm: 'RS',
    enumerationGuard: false,
  });
});

t.test('an empty variable is unset', async (t) => {
  t.equal(loadConfig({ PORT: '', REDIS_URL: '' }).port, 9000);
});

t.test('settings are frozen', async (t) => {
  t.ok(Object.isFrozen(loadConfig({})));
});

t.test('the public URL has the bound port, unless it is set', async (t) => {
  t.match(withListeningPort(loadConfig({ PORT: '0' }), 4711), {
    publicUrl: 'http://127.0.0.1:4711',
    domain: '127.0.0.1:4711',
  });
  t.equal(withListeningPort(loadConfig({ HOST: '::1' }), 9000).publicUrl, 'http://[::1]:9000');
  t.match(withListeningPort(loadConfig({ PUBLIC_URL: 'https://accounts.example.org/' }), 9000), {
    publicUrl: 'https://accounts.example.org',
    domain: 'accounts.example.org',
  });
  t.equal(withListeningPort(loadConfig({ DOMAIN: 'example.org' }), 9000).domain, 'example.org');
});

t.test('an error names the setting and its rule, never a secret', async (t) => {
  const key = 'ab'.repeat(31);
  const wrong: Array<[NodeJS.ProcessEnv, RegExp]> = [
    [{ PORT: '70000' }, /PORT.*from 0 to 65535/s],
    [{ PORT: 'nine' }, /PORT.*integer/s],
    [{ STRETCH_ENGINE: 'md5' }, /STRETCH_ENGINE/],
    [{ STRETCH_MEMORY: '63' }, /STRETCH_MEMORY.*from 64/s],
    [{ STRETCH_MAX_WAIT: '0' }, /STRETCH_MAX_WAIT.*above 0/s],
    [{ STORAGE_KEY: key }, /STORAGE_KEY.*64 hex digits/s],
    [{ DATABASE_URL: 'mysql://root:hunter2@localhost/x' }, /DATABASE_URL.*postgres:\/\//s],
    [{ REDIS_URL: 'http://:hunter2@localhost' }, /REDIS_URL.*redis:\/\//s],
    [{ SMTP_URL: 'hunter2' }, /SMTP_URL.*smtp:\/\//s],
    [{ PUBLIC_URL: 'accounts.example.org' }, /PUBLIC_URL.*https:\/\//s],
    [{ TRUST_PROXY: 'nowhere' }, /TRUST_PROXY.*addresses or networks/s],
    [{ LIMIT_MAILS_TO_ADDRESS: '10' }, /LIMIT_MAILS_TO_ADDRESS.*count\/seconds/s],
    [{ LIMIT_MAILS_TO_ADDRESS: '10/2592000' }, /LIMIT_MAILS_TO_ADDRESS.*999999 seconds/s],
    [{ ENUMERATION_GUARD: 'yes' }, /ENUMERATION_GUARD.*on or off/s],
    [{ RATE_LIMITS: 'maybe' }, /RATE_LIMITS: must be one of on, off, log$/],
    [{ MAX_SESSIONS: '1e99' }, /MAX_SESSIONS: must be an integer of at least 1$/],
    [{ PUBLIC_URL: 'https://me:hunter2@example.org/' }, /PUBLIC_URL: must not have a user/],
    [{ PUBLIC_URL: 'https://example.org/?hunter2' }, /PUBLIC_URL: must not have .* a query/],
    [{ MAIL_FROM: 'hunter2' }, /^MAIL_FROM: must be an address, or Name <address>/],
    [{ DOMAIN: 'hunter2/' }, /^DOMAIN: must be a host name/],
    [{ REGISTRATION: 'close' }, /^REGISTRATION: must be open, closed, or domains/],
    [{ REGISTRATION: 'example.org,@hunter2.org' }, /^REGISTRATION: must be open/],
  ];
  for (const [env, message] of wrong) {
    const error = await Promise.resolve()
      .then(() => loadConfig(env))
      .then(
        () => undefined,
        (error) => error,
      );
    t.ok(error instanceof ConfigError, JSON.stringify(env));
    t.match(error?.message, message);
    t.notMatch(error?.message, /hunter2|abab/);
  }
});

t.test('a sender is one address with an optional name', async (t) => {
  const senders: [text: string, name: string, address: string][] = [
    ['no-reply@localhost', '', 'no-reply@localhost'],
    ['<accounts@example.org>', '', 'accounts@example.org'],
    ['Accounts of Example <accounts@example.org>', 'Accounts of Example', 'accounts@example.org'],
    ['"Example, Inc." <a.b+c@mail.example.org>', 'Example, Inc.', 'a.b+c@mail.example.org'],
    ['Comptes de l’été<comptes@exämple.org>', 'Comptes de l’été', 'comptes@exämple.org'],
    ['アカウント <accounts@example.org>', 'アカウント', 'accounts@example.org'],
  ];
  const composer = createTransport({ streamTransport: true, buffer: true });
  for (const [text, name, address] of senders) {
    const from = loadConfig({ MAIL_FROM: text }).mailFrom;
    const { envelope, message } = await composer.sendMail({ from, to: 'you@example.org', text: '' });
    t.equal(domainToUnicode((envelope.from as string).split('@')[1] as string), address.split('@')[1], text);
    t.match((await simpleParser(message as Buffer)).from?.value, [{ name, address }], text);
  }
});

t.test('an invalid sender is refused', async (t) => {
  const wrong = [
    ...['accounts', 'accounts@', '@example.org', 'a b@example.org', 'a@b@example.org', 'a..b@example.org'],
    ...[
      'Accounts a@example.org',
      'Accounts <a@example.org',
      'a@example.org>',
      'a@example.org, b@example.org',
    ],
    ...['Example, Inc. <a@example.org>', 'Accounts: a@example.org;', 'Accounts (us) <a@example.org>'],
    ...['a@[10.0.0.1]', '"Accounts <a@example.org>', 'a@example..org', '<>'],
    ...[
      'A <a@example.org>\r\nBcc: b@example.org',
      'A\n <a@example.org>',
      'a@example.org\n',
      '"A\r\nB" <a@example.org>',
    ],
  ];
  for (const MAIL_FROM of wrong) {
    t.throws(() => loadConfig({ MAIL_FROM }), { message: /^MAIL_FROM: / }, JSON.stringify(MAIL_FROM));
  }
});

t.test('a domain is a host with an optional port', async (t) => {
  const hosts = [
    'example.org',
    'accounts.example.org:8443',
    'localhost',
    '127.0.0.1:9000',
    '[::1]:9000',
    'xn--exmple-cua.org',
  ];
  for (const DOMAIN of hosts) t.equal(loadConfig({ DOMAIN }).domain, DOMAIN);
  const wrong = [
    ...[
      'https://example.org',
      'example.org/',
      'Example.org',
      'exämple.org',
      'me@example.org',
      'example.org:',
    ],
    ...[
      'example.org:0',
      'example.org:65536',
      'example..org',
      '.example.org',
      '-a.example.org',
      '[::1',
      '::1',
    ],
    ...['a b', 'example.org\n', `${'a'.repeat(64)}.org`, `${'a.'.repeat(130)}org`, '[example.org]'],
  ];
  for (const DOMAIN of wrong) {
    t.throws(() => loadConfig({ DOMAIN }), { message: /^DOMAIN: / }, JSON.stringify(DOMAIN));
  }
});

t.test('a domain derived from a public URL follows the rule of DOMAIN', async (t) => {
  for (const url of [
    'http://[::1]:9000',
    'https://EXAMPLE.org:443/fxa',
    'https://exämple.org',
    'http://10.0.0.1:80',
  ]) {
    const { domain } = withListeningPort(loadConfig({ PUBLIC_URL: url }), 9000);
    t.equal(loadConfig({ DOMAIN: domain }).domain, domain);
  }
});

t.test('a secret with any kind of line break does not appear in the error', async (t) => {
  const SMTP_URL = 'hunter2\n\rhunter2\u2028hunter2\u2029hunter2';
  t.throws(() => loadConfig({ SMTP_URL }), {
    message: /^SMTP_URL: must be a URL that begins with \S+ or \S+$/,
  });
});

t.test('all invalid settings are named at once', async (t) => {
  t.throws(() => loadConfig({ PORT: '-1', STRETCH_NICE: '20' }), { message: /PORT[\s\S]*STRETCH_NICE/ });
});

t.test('a limit is a count per number of seconds', async (t) => {
  t.same(loadConfig({ LIMIT_MAILS_TO_ADDRESS: '7/60' }).limits.mailsToAddress, { points: 7, seconds: 60 });
});

t.test('limits are frozen', async (t) => {
  t.ok(Object.isFrozen(loadConfig({}).limits));
});

t.test('registration is open, closed, or restricted to normalized domains', async (t) => {
  t.equal(loadConfig({}).registration, 'open');
  t.equal(loadConfig({ REGISTRATION: 'closed' }).registration, 'closed');
  t.same(loadConfig({ REGISTRATION: 'Example.org, exämple.com' }).registration, [
    'example.org',
    'xn--exmple-cua.com',
  ]);
});
