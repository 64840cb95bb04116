import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createSrpAccount, verifyAccounts } from '../../../bench/load/accounts.js';
import { CERTIFICATE_REQUEST } from '../../../bench/load/certificate-request.js';
import { signed } from '../../../bench/load/requests.js';
import { Sender } from '../../../bench/load/sender.js';
import { logIn } from '../../../bench/load/srp-login.js';
import { cpuSeconds, memoryUse } from '../../../bench/measure/process-usage.js';
import { startServer } from '../../../bench/server/server-process.js';

t.test('a server of the bench serves a login and a certificate, is measured, and exits with 0', async (t) => {
  const server = await startServer({ settings: { STRETCH_THREADS: '1' } });
  const sender = new Sender(server.url, 1);
  const account = await createSrpAccount(server);
  await verifyAccounts(server, [account]);
  const session = await logIn(server.url, sender, account);
  const certificate = signed(server.url, '/v1/certificate/sign', session, CERTIFICATE_REQUEST);
  t.match((await sender.sendOk(certificate)).body, '"cert":');
  t.ok(cpuSeconds(server.pid) > 0);
  t.ok(memoryUse(server.pid).peakMib > 50);
  sender.close();
  t.equal(await server.stop(), 0);
});

const BENCH = `
  const { startServer } = await import(process.argv[1]);
  const { url } = await startServer({ settings: { STRETCH_THREADS: '1' } });
  console.log(url);
`;

t.test('a server ends with the bench, even when the bench is killed', async (t) => {
  const module = new URL('../../../bench/server/server-process.js', import.meta.url).href;
  const args = ['--input-type=module', '-e', BENCH, module];
  const bench = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(bench.stdout, 'data')) as [Buffer];
  const health = () => fetch(`${line.toString().trim()}/__lbheartbeat__`);
  t.equal((await health()).status, 200);
  bench.kill('SIGKILL');
  const ended = async (): Promise<boolean> =>
    health().then(
      () => sleep(20).then(ended),
      () => true,
    );
  t.ok(await ended());
});

t.test('a server that does not start says why', async (t) => {
  await t.rejects(startServer({ settings: { STRETCH_THREADS: 'many' } }), {
    message: /did not start:\n.*STRETCH_THREADS/s,
  });
});
