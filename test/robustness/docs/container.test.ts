import { once } from 'node:events';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { buildah, buildImage, findContainerProblem, startInContainer } from '../../support/docs/container.js';
import { findFreePort } from '../../support/services/free-port.js';

const IMAGE = 'localhost/key-server-test';
const MAX_IMAGE_BYTES = 600 * 2 ** 20;

interface ImageConfig {
  Cmd: string[];
  User: string;
  StopSignal: string;
  Env: string[];
  Volumes: Record<string, object>;
  Healthcheck: { Test: string[] };
}

const reason = findContainerProblem();
/** The first run unpacks two Debian systems and compiles sqlite3. */
const timeout = 1_800_000;
t.setTimeout(timeout);
t.test(
  'the image builds, serves logins, reports its health and stops gracefully',
  { skip: reason ?? false, timeout },
  async (t) => {
    await buildImage(IMAGE);
    const inspected = JSON.parse(await buildah('inspect', '--type', 'image', IMAGE));
    const config: ImageConfig = inspected.Docker.config;
    t.match(config, { User: 'node', StopSignal: 'SIGTERM', Volumes: { '/data': {} } });
    const container = await buildah('from', '--pull-never', IMAGE);
    t.teardown(() => buildah('rm', container));
    const root = await buildah('mount', container);

    await t.test('root owns all files; the server can write only to /data', async (t) => {
      const data = lstatSync(join(root, 'data'));
      t.match({ mode: data.mode & 0o777, uid: data.uid }, { mode: 0o700, uid: 1000 });
      const names = readdirSync(join(root, 'app'), { recursive: true }) as string[];
      const writable = names.filter((name) => {
        const { mode, uid } = lstatSync(join(root, 'app', name));
        return uid !== 0 || ((mode & 0o022) !== 0 && (mode & 0o170000) !== 0o120000);
      });
      t.same(writable, []);
      t.notOk(names.includes('test') || names.includes('dist/test') || names.includes('node_modules/tap'));
      const bytes = names.reduce((sum, name) => sum + lstatSync(join(root, 'app', name)).size, 0);
      t.comment(`/app: ${(bytes / 2 ** 20).toFixed(0)} MiB`);
    });

    await t.test('the image does not exceed its maximum size', async (t) => {
      const size = JSON.parse(await buildah('images', '--json', IMAGE))[0].size as string;
      t.comment(`image: ${size}`);
      const [, number, unit = ''] = /([\d.]+) ?(\w+)/.exec(size) ?? [];
      const units: Record<string, number> = { KB: 1e3, MB: 1e6, GB: 1e9 };
      t.ok(Number(number) * (units[unit] ?? Number.NaN) < MAX_IMAGE_BYTES, size);
    });

    const dataDir = mkdtempSync(join(tmpdir(), 'container-data-'));
    t.teardown(() => rmSync(dataDir, { recursive: true }));
    const port = await findFreePort();
    const settings = ['--user', config.User, '--env', `PORT=${port}`, '--env', 'HOST=127.0.0.1'];
    const server = startInContainer(container, settings, config.Cmd);
    const exit = once(server, 'exit');
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    let listening: { event?: string; stretchEngine?: string } = {};
    while (listening.event !== 'listening') listening = JSON.parse((await lines.next()).value);

    await t.test('the image runs the native engine', async (t) => {
      t.equal(listening.stretchEngine, 'native');
    });

    await t.test('a container creates an account and logs in', async (t) => {
      const body = JSON.stringify({
        email: Buffer.from('me@example.com').toString('hex'),
        password: 'secret',
      });
      for (const path of ['account/create', 'session/create']) {
        const headers = { 'Content-Type': 'application/json' };
        const url = `http://127.0.0.1:${port}/v1/raw_password/${path}`;
        t.match(await (await fetch(url, { method: 'POST', headers, body })).json(), { uid: String }, path);
      }
    });

    const [, ...healthCheck] = config.Healthcheck.Test;
    const runHealthCheck = async () =>
      (await once(startInContainer(container, settings, healthCheck), 'exit'))[0];
    t.equal(await runHealthCheck(), 0, 'the health check passes while the server runs');

    const pid = findServer(server.pid as number);
    t.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\t1000\t1000\t/m, 'the process runs as node');
    process.kill(pid, 'SIGTERM');
    const events: string[] = [];
    for await (const line of { [Symbol.asyncIterator]: () => lines }) events.push(JSON.parse(line).event);
    t.same(events.slice(-2), ['stopping', 'stopped']);
    t.same(await exit, [0, null], 'SIGTERM ends it gracefully');
    t.not(await runHealthCheck(), 0, 'the health check fails without the server');
  },
);

/** The deepest child of buildah is the process that listens. */
function findServer(pid: number): number {
  // Any thread of buildah can be the parent.
  const children = readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'))
    .join(' ')
    .trim();
  return children ? findServer(Number(children.split(' ')[0])) : pid;
}
