import { availableParallelism } from 'node:os';
import { type ProbeKind, probe } from '../latency/probing.js';
import { createMany, createRawAccount, createSrpAccount, sessionCredentials } from '../load/accounts.js';
import { type BurstAnswer, sendBurst } from '../load/burst.js';
import { signed } from '../load/requests.js';
import { type PreparedRequest, Sender } from '../load/sender.js';
import { logIn } from '../load/srp-login.js';
import { firstThreadCpuSeconds } from '../measure/process-usage.js';
import { median, pairedRatio, percentile, percentileCurve } from '../measure/statistics.js';
import type { Cell } from '../results.js';
import type { BenchContext, Measured } from '../suite.js';
import { loginFrom } from './raw-login.js';
import { type AdminServer, startAdminServer, startBareServer } from './targets.js';

const LOGINS = 1000;
const PROBE_INTERVAL_MS = 20;
const PROBED_MS = 3000;
const HEALTH_CHECK: PreparedRequest = { method: 'GET', path: '/__lbheartbeat__', headers: {} };

interface Burst {
  served: number[];
  refused: number[];
  /** CPU ms of the event loop for each request. */
  loopMs: number;
  /** Latencies in ms: of health checks on new connections, and of a status request on an open one. */
  health: number[];
  adminHealth: number[];
  status: number[];
}

/** 1,000 raw logins at once, each on a new connection from its own source, compared with a bare HTTP server. */
export async function measureBursts({ quick, progress }: BenchContext): Promise<Measured> {
  progress.step('overload: starting servers');
  const server = await startAdminServer();
  const bare = await startBareServer();
  const accounts = await createMany(8, () => createRawAccount(server));
  const requests = Array.from({ length: LOGINS }, (_, i) =>
    loginFrom(i, accounts[i % 8] as (typeof accounts)[0]),
  );
  const session = sessionCredentials(
    await logIn(server.url, new Sender(server.url, 1), await createSrpAccount(server)),
  );
  const bursts: { server: Burst[]; bare: Burst[] } = { server: [], bare: [] };
  const rounds = quick ? 1 : 5;
  for (let round = 0; round <= rounds; round++) {
    progress.step(`overload: ${LOGINS} logins at once, round ${round} of ${rounds}`);
    const status = () => signed(server.url, '/v1/recovery_email/status', session);
    const measured = await runBurst(server, requests, { admin: server.adminUrl, status });
    const reference = await runBurst(bare, requests, {});
    // The first round warms up.
    if (round === 0) continue;
    bursts.server.push(measured);
    bursts.bare.push(reference);
  }
  const { peakMib } = server.memory();
  await server.stop();
  bare.stop();
  return describe(bursts, peakMib);
}

async function runBurst(
  target: Pick<AdminServer, 'url' | 'pid'>,
  requests: PreparedRequest[],
  beside: { admin?: string; status?: () => PreparedRequest },
): Promise<Burst> {
  const loopBefore = firstThreadCpuSeconds(target.pid);
  const sent = sendBurst({ url: target.url, requests });
  const [health, adminHealth, status] = await Promise.all([
    probeWith(target.url, { name: 'health', build: () => HEALTH_CHECK }, false),
    beside.admin ? probeWith(beside.admin, { name: 'health', build: () => HEALTH_CHECK }, false) : [],
    beside.status ? probeWith(target.url, { name: 'status', build: beside.status }, true) : [],
  ]);
  const answers = (await sent).filter((answer) => answer !== undefined);
  const times = (wanted: (answer: BurstAnswer) => boolean) => answers.filter(wanted).map(({ ms }) => ms);
  return {
    served: times(({ status }) => status === 200),
    refused: times(
      ({ status, headers }) => status === 503 && (!beside.admin || headers['retry-after'] !== undefined),
    ),
    loopMs: (1000 * (firstThreadCpuSeconds(target.pid) - loopBefore)) / requests.length,
    health,
    adminHealth,
    status,
  };
}

async function probeWith(url: string, kind: ProbeKind, keepAlive: boolean): Promise<number[]> {
  const sender = new Sender(url, Number.POSITIVE_INFINITY, { keepAlive });
  const measured = await probe(sender, [kind], { intervalMs: PROBE_INTERVAL_MS, durationMs: PROBED_MS });
  sender.close();
  return measured[kind.name] as number[];
}

function describe({ server, bare }: { server: Burst[]; bare: Burst[] }, peakMib: number): Measured {
  const slowest = (times: number[]) => Math.max(0, ...times);
  const each = (bursts: Burst[], figure: (burst: Burst) => number) => bursts.map(figure);
  const lastRefusal = ({ refused }: Burst) => slowest(refused);
  const p99 = (name: 'health' | 'adminHealth' | 'status') => (burst: Burst) =>
    burst[name].length > 0 ? percentile(burst[name], 99) : 0;
  const row = (name: string, bursts: Burst[]): Cell[] => [
    name,
    median(each(bursts, ({ served }) => served.length)),
    median(each(bursts, ({ refused }) => refused.length)),
    median(each(bursts, lastRefusal)),
    median(each(bursts, ({ loopMs }) => loopMs)),
    median(each(bursts, p99('health'))),
    bursts === server ? median(each(bursts, p99('adminHealth'))) : null,
    bursts === server ? median(each(bursts, p99('status'))) : null,
  ];
  const unanswered = Math.max(
    ...server.map(({ served, refused }) => LOGINS - served.length - refused.length),
  );
  const memoryLimitMib = 256 * availableParallelism() + 300;
  const atMost = (what: string, measured: number, goal: number, unit: string) =>
    ({ what: `${LOGINS} logins at once: ${what}`, measured, bound: 'at most', goal, unit }) as const;
  const ratio = (figure: (burst: Burst) => number) => pairedRatio(each(server, figure), each(bare, figure));
  return {
    sections: [
      {
        title: `${LOGINS} raw logins at once`,
        method:
          `Each on a new connection and from its own source; median of ${server.length} rounds. The bare server is a Node ` +
          `http.createServer that answers every request with a fixed 503. Health checks open a new connection each, every ` +
          `${PROBE_INTERVAL_MS} ms; the status request is signed and uses open connections. The clients share the cores. Peak ` +
          `memory of the key server: ${Math.round(peakMib)} MiB.`,
        table: {
          columns: [
            { heading: 'server' },
            { heading: 'served', digits: 0 },
            { heading: 'refused', digits: 0 },
            { heading: 'last refusal ms', digits: 0 },
            { heading: 'event loop ms/request', digits: 2 },
            { heading: 'health check p99 ms', digits: 0 },
            { heading: 'on METRICS_PORT p99 ms', digits: 0 },
            { heading: 'status p99 ms', digits: 0 },
          ],
          rows: [row('key server', server), row('bare server', bare)],
        },
        charts: [
          {
            kind: 'distribution',
            title: 'Replies to the burst',
            valueLabel: 'ms',
            series: [
              { name: 'served', values: percentileCurve(server.flatMap(({ served }) => served)) },
              { name: 'refused', values: percentileCurve(server.flatMap(({ refused }) => refused)) },
              { name: 'bare server', values: percentileCurve(bare.flatMap(({ refused }) => refused)) },
            ],
          },
        ],
      },
    ],
    checks: [
      atMost('without an answer', unanswered, 0, ''),
      atMost('last refusal, against the bare server', ratio(lastRefusal), 1.5, '×'),
      atMost(
        'event loop CPU a request beyond the bare server',
        median(server.map(({ loopMs }, i) => loopMs - (bare[i] as Burst).loopMs)),
        0.2,
        'ms',
      ),
      atMost('health check p99, against the bare server', ratio(p99('health')), 1.3, '×'),
      atMost('health check p99 on METRICS_PORT', median(each(server, p99('adminHealth'))), 150, 'ms'),
      atMost('status p99', median(each(server, p99('status'))), 200, 'ms'),
      atMost('peak memory', peakMib, memoryLimitMib, 'MiB'),
    ],
    figures: {},
  };
}
