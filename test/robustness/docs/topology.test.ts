import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { ServerProcess } from '../../support/api/server-process.js';
import { readCompose } from '../../support/docs/compose.js';
import { startMailServer } from '../../support/mail/mail-server.js';
import { findFreePort } from '../../support/services/free-port.js';
import { startPostgres } from '../../support/services/postgres.js';
import { startRedis } from '../../support/services/redis.js';
import { findProgram, ServiceProcess } from '../../support/services/service-process.js';
import { waitUntil } from '../../support/wait-until.js';

const run = promisify(execFile);

/** The processes of compose.yaml, with its settings and its nginx and Prometheus configuration. */
async function startTopology(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'topology-'));
  const [postgres, redis] = [await startPostgres(t), await startRedis(t)];
  let mails = 0;
  const mail = await startMailServer(t, {
    onMail: ({ raw }) => writeFile(join(folder, `${mails++}.eml`), raw),
  });
  const [httpsPort, prometheusPort] = [await findFreePort(), await findFreePort()];
  const publicUrl = `https://localhost:${httpsPort}`;
  const secret = async (name: string, value: string) => {
    await writeFile(join(folder, name), `${value}\n`);
    return join(folder, name);
  };
  const files = {
    DATABASE_URL_FILE: await secret('database_url', postgres.url),
    REDIS_URL_FILE: await secret('redis_url', redis.url),
    STORAGE_KEY_FILE: await secret('storage_key', 'ab'.repeat(32)),
  };
  const { services } = readCompose();
  const ports: Record<string, { port: string; metricsPort: number }> = {};
  for (const name of ['server1', 'server2']) {
    const metricsPort = await findFreePort();
    const server = await new ServerProcess(t, {
      ...services[name]?.environment,
      ...files,
      PUBLIC_URL: publicUrl,
      TRUST_PROXY: 'loopback',
      SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
      METRICS_PORT: String(metricsPort),
      DATA_DIR: join(folder, name),
      RATE_LIMITS: 'on',
      STRETCH_MAX_WAIT: '0.5',
    }).listening();
    ports[name] = { port: new URL(server.url).port, metricsPort };
  }
  await startNginx(t, folder, httpsPort, ports);
  const prometheusUrl = await startPrometheus(t, folder, prometheusPort, ports);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return { folder, publicUrl, prometheusUrl, certificate: join(folder, 'tls.pem') };
}

type Ports = Record<string, { port: string; metricsPort: number }>;

async function startNginx(t: Test, folder: string, httpsPort: number, ports: Ports): Promise<void> {
  const [key, certificate] = [join(folder, 'tls.key'), join(folder, 'tls.pem')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', certificate]);
  const site = (await readFile('deploy/nginx/key-server.conf', 'utf8'))
    .replace('listen 443', `listen 127.0.0.1:${httpsPort}`)
    .replace('/run/secrets/tls_certificate', certificate)
    .replace('/run/secrets/tls_key', key)
    .replace(/(server\d):9000/g, (_, name: string) => `127.0.0.1:${ports[name]?.port}`);
  const paths = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'];
  const temporary = paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const around = `daemon off; ${user} pid ${folder}/nginx.pid; error_log stderr notice; events {}
    http { access_log off; ${temporary} ${site} }`;
  await writeFile(join(folder, 'nginx.conf'), around);
  const program = findProgram('nginx', 'nginx-light', ['/usr/sbin']);
  const command = [program, '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  const nginx = new ServiceProcess({ command, ready: /start worker process/, stopSignal: 'SIGTERM' });
  t.teardown(() => nginx.stop());
  await nginx.start();
}

async function startPrometheus(t: Test, folder: string, port: number, ports: Ports): Promise<string> {
  const configuration = (await readFile('deploy/prometheus/prometheus.yml', 'utf8'))
    .replaceAll('15s', '1s')
    .replace('alerts.yml', join(process.cwd(), 'deploy/prometheus/alerts.yml'))
    .replace(/(server\d):9100/g, (_, name: string) => `127.0.0.1:${ports[name]?.metricsPort}`);
  await writeFile(join(folder, 'prometheus.yml'), configuration);
  const prometheus = new ServiceProcess({
    command: [
      findProgram('prometheus', 'prometheus'),
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    ready: /Server is ready to receive web requests/,
    stopSignal: 'SIGTERM',
  });
  t.teardown(() => prometheus.stop());
  await prometheus.start();
  return `http://127.0.0.1:${port}`;
}

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

t.test('the servers of compose.yaml serve every flow, and Prometheus fills the dashboard', async (t) => {
  const { folder, publicUrl, prometheusUrl, certificate } = await startTopology(t);
  const env = { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: certificate };

  await t.test('the example client runs every flow over TLS and both servers', async (t) => {
    const args = ['dist/client/example.js', publicUrl, '--mail-dir', folder];
    const { stdout } = await run(process.execPath, args, { env });
    t.match(stdout, /All steps succeeded\./);
  });

  await t.test('every panel of the dashboard has data', async (t) => {
    const query = async (expr: string) => {
      const url = `${prometheusUrl}/api/v1/query?${new URLSearchParams({ query: expr })}`;
      const { data, error } = (await (await fetch(url)).json()) as {
        data?: { result: unknown[] };
        error?: string;
      };
      if (!data) throw new Error(`${expr}: ${error}`);
      return data.result.length;
    };
    await waitUntil(async () => (await query('up{job="key-server"} == 1')) === 2);
    const panels: Panel[] = JSON.parse(await readFile('docs/grafana/key-server.json', 'utf8')).panels;
    const expressions = panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({
        title,
        expr: expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '2m'),
      })),
    );
    t.ok(expressions.length > 30);
    const empty = new Map(expressions.map(({ title, expr }) => [expr, title]));
    const load = startLoad(publicUrl, certificate);
    await waitUntil(async () => {
      for (const expr of empty.keys()) if ((await query(expr)) > 0) empty.delete(expr);
      return empty.size === 0;
    }).catch(() => {});
    await load.stop();
    t.same([...empty.values()], []);
    t.equal(await query('count(ALERTS{alertname="KeyServerDown"})'), 0);
  });
});

/** In a separate process because TLS needs the certificate at startup. */
function startLoad(url: string, certificate: string) {
  const clientModule = new URL('../../../client/key-server-client.js', import.meta.url).href;
  const rawModule = new URL('../../../client/raw-password-client.js', import.meta.url).href;
  const script = `
    const { KeyServerClient } = await import(${JSON.stringify(clientModule)});
    const { RawPasswordClient } = await import(${JSON.stringify(rawModule)});
    const raw = new RawPasswordClient(new KeyServerClient({ url: ${JSON.stringify(url)} }));
    await raw.createAccount('load@example.org', 'right').catch(() => {});
    for (;;) await Promise.all(Array.from({ length: 8 }, () => raw.login('load@example.org', 'wrong').catch(() => {})));`;
  const child = execFile(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: certificate },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    stop: () => {
      child.kill();
      return ended;
    },
  };
}

t.test('the alert rules are valid and pass their tests', async (t) => {
  const promtool = findProgram('promtool', 'prometheus');
  await t.resolves(run(promtool, ['check', 'rules', 'deploy/prometheus/alerts.yml']));
  await t.resolves(run(promtool, ['test', 'rules', 'deploy/prometheus/alerts.test.yml']));
});
