import t from 'tap';
import { ConfigError, loadConfig, withListeningPort } from '../../config/load.js';

t.test('an empty environment gives the embedded default', async (t) => {
  t.match(loadConfig({}), {
    host: '127.0.0.1',
    port: 9000,
    dataDir: './var',
    databaseUrl: '',
    redisUrl: '',
    smtpUrl: '',
    rateLimits: 'on',
    stretchEngine: 'simd',
    signingAlgorithm: 'RS',
    enumerationGuard: false,
  });
});

t.test('a variable that is empty counts as unset', async (t) => {
  t.equal(loadConfig({ PORT: '', REDIS_URL: '' }).port, 9000);
});

t.test('settings are frozen', async (t) => {
  t.ok(Object.isFrozen(loadConfig({})));
});

t.test('the public URL follows the port that was bound, unless it is set', async (t) => {
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

t.test('a setting that breaks its rule is named with the rule, and never with a secret', async (t) => {
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
    [{ LIMIT_MAILS_TO_ADDRESS: '10' }, /LIMIT_MAILS_TO_ADDRESS.*times\/seconds/s],
    [{ LIMIT_MAILS_TO_ADDRESS: '10/2592000' }, /LIMIT_MAILS_TO_ADDRESS.*999999 seconds/s],
    [{ ENUMERATION_GUARD: 'yes' }, /ENUMERATION_GUARD.*on or off/s],
    [{ RATE_LIMITS: 'maybe' }, /RATE_LIMITS/],
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

t.test('every wrong setting is named at once', async (t) => {
  t.throws(() => loadConfig({ PORT: '-1', STRETCH_NICE: '20' }), { message: /PORT[\s\S]*STRETCH_NICE/ });
});
