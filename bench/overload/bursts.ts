import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { createMany, createRawAccount, createSrpAccount } from '../load/accounts.js';
import type { BurstOrder, BurstReply } from '../load/burst-thread.js';
import { probe } from '../load/probing.js';
import { HEALTH_CHECK, rawLogin, serialize, signed } from '../load/requests.js';
import { type PreparedRequest, Sender } from '../load/sender.js';
import { logIn } from '../load/srp-login.js';
import { interleave } from '../measure/interleave.js';
import { firstThreadCpuSeconds, memoryUse } from '../measure/process-usage.js';
import { median, pairedRatio, percentile } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import { atMost, type BenchContext, type Measured } from '../suite.js';
import { createTable } from '../table.js';
import { REFUSE, startAdminServer } from './admin-server.js';

const LOGINS = 1000;
const PROBES = { intervalMs: 20, durationMs: 3000 };
const BARE_SERVER = new URL('./bare-server.js', import.meta.url);

interface Target {
  name: string;
  server: ServerProcess;
  /** Refuses all logins, to measure the cost of a refusal. */
  refusing: ServerProcess;
  /** The bare server has none. */
  status?: () => PreparedRequest;
}

type Burst = Awaited<ReturnType<typeof runBurst>>;
type Result = Target & { samples: Burst[] };

export async function measureBursts({ quick, report }: BenchContext): Promise<Measured> {
  report('overload: starting servers');
  const server = await startAdminServer();
  const refusing = await startAdminServer(REFUSE);
  const bare = await startServer({ program: BARE_SERVER });
  const accounts = await createMany(8, () => createRawAccount(server));
  const messages = accounts.flatMap((account, n) =>
    Array.from({ length: LOGINS / 8 }, (_, i) => serialize(rawLogin(account, 8 * i + n))),
  );
  const sender = new Sender(server.url, 1);
  const session = await logIn(server.url, sender, await createSrpAccount(server));
  const status = () => signed(server.url, '/v1/recovery_email/status', session);
  const targets: Target[] = [
    { name: 'key server', server, refusing, status },
    { name: 'bare server', server: bare, refusing: bare },
  ];
  const rounds = { what: `overload: ${LOGINS} logins at once`, rounds: quick ? 1 : 5, report };
  const [own, reference] = await interleave(targets, (target) => runBurst(target, messages), rounds);
  return describe(own as Result, reference as Result, memoryUse(server.pid).peakMib);
}

async function runBurst({ server, refusing, status }: Target, messages: Uint8Array[]) {
  const [replies, health] = await Promise.all([
    sendBurst(server, messages),
    probeP99(server.url, () => HEALTH_CHECK, { isRefused: !status }),
  ]);
  // In a second burst: the clients share the cores, and the bare server is compared without these requests.
  const [adminHealth, statusP99] = await Promise.all([
    server.adminUrl ? probeP99(server.adminUrl, () => HEALTH_CHECK) : null,
    status ? probeP99(server.url, status, { keepAlive: true }) : null,
    status && sendBurst(server, messages),
  ]);
  const refused = replies.filter((reply) => reply.status === 503 && (reply.hasRetryAfter || !status));
  const served = replies.filter((reply) => reply.status === 200).length;
  const loopBefore = firstThreadCpuSeconds(refusing.pid);
  await sendBurst(refusing, messages);
  const refusalLoop = (1000 * (firstThreadCpuSeconds(refusing.pid) - loopBefore)) / messages.length;
  return {
    unanswered: messages.length - served - refused.length,
    served,
    refused: refused.length,
    lastRefusal: Math.max(0, ...refused.map(({ ms }) => ms)),
    // 99th percentiles: health checks on new connections, a status request on an open one.
    health,
    adminHealth,
    status: statusP99,
    refusalLoop,
  };
}

/** Sends from another thread, so that probes do not wait for a client that opens a thousand connections. */
async function sendBurst({ url }: ServerProcess, messages: Uint8Array[]): Promise<BurstReply[]> {
  const workerData: BurstOrder = { url, messages };
  const worker = new Worker(new URL('../load/burst-thread.js', import.meta.url), { workerData });
  const [replies] = (await once(worker, 'message')) as [BurstReply[]];
  return replies;
}

async function probeP99(
  url: string,
  build: () => PreparedRequest,
  { isRefused = false, keepAlive = false } = {},
): Promise<number> {
  const sender = new Sender(url, Number.POSITIVE_INFINITY, { keepAlive });
  const send = (request: PreparedRequest) => (isRefused ? sender.send(request) : sender.sendOk(request));
  const { latencies } = await probe(
    { latencies: build },
    async (request) => (await send(request)).ms,
    PROBES,
  );
  sender.close();
  return percentile(latencies, 99);
}

function describe(own: Result, bare: Result, peakMib: number): Measured {
  const each = ({ samples }: Result, figure: keyof Burst) =>
    samples.map((burst) => burst[figure]).filter((value) => value !== null);
  const middle = (result: Result, figure: keyof Burst) => {
    const values = each(result, figure);
    return values.length > 0 ? median(values) : null;
  };
  const ratio = (figure: keyof Burst) => pairedRatio(each(own, figure), each(bare, figure));
  const ownOver = own.samples.map(
    ({ refusalLoop }, i) => refusalLoop - (bare.samples[i] as Burst).refusalLoop,
  );
  const check = (what: string, measured: number | null, goal: number, unit: string) =>
    atMost(`${LOGINS} logins at once: ${what}`, measured as number, goal, unit);
  return {
    sections: [
      {
        title: `${LOGINS} raw logins at once`,
        method:
          `Each on a new connection and from its own source; medians of ${own.samples.length} rounds. The bare server is a ` +
          'Node http.createServer that answers every request with a fixed 503. Health checks open a new connection each, ' +
          `every ${PROBES.intervalMs} ms. A second burst has those on METRICS_PORT, and a signed status request on open ` +
          'connections. The cost of a refusal is measured on a key server that refuses all logins, without health checks. ' +
          'The clients share the cores. ' +
          `Peak memory of the key server: ${Math.round(peakMib)} MiB.`,
        table: createTable(
          [own, bare],
          [
            ['server', ({ name }) => name],
            ['served', (result) => middle(result, 'served'), 0],
            ['refused', (result) => middle(result, 'refused'), 0],
            ['last refusal ms', (result) => middle(result, 'lastRefusal'), 0],
            ['event loop ms/refusal', (result) => middle(result, 'refusalLoop'), 2],
            ['health check p99 ms', (result) => middle(result, 'health'), 0],
            ['on METRICS_PORT p99 ms', (result) => middle(result, 'adminHealth'), 0],
            ['status p99 ms', (result) => middle(result, 'status'), 0],
          ],
        ),
      },
    ],
    checks: [
      check('without a reply', Math.max(...each(own, 'unanswered')), 0, ''),
      check('last refusal, against the bare server', ratio('lastRefusal'), 1.5, '×'),
      check('event loop CPU of a refusal beyond the bare server', median(ownOver), 0.2, 'ms'),
      check('health check p99, against the bare server', ratio('health'), 1.3, '×'),
      check('health check p99 on METRICS_PORT', middle(own, 'adminHealth'), 150, 'ms'),
      check('status p99', middle(own, 'status'), 200, 'ms'),
      check('peak memory', peakMib, 256 * availableParallelism() + 300, 'MiB'),
    ],
  };
}
