import {
  createMany,
  createRawAccount,
  createSrpAccount,
  sessionCredentials,
  verifyAccounts,
} from '../load/accounts.js';
import { CERTIFICATE_REQUEST } from '../load/certificate-request.js';
import { postJson, signed } from '../load/requests.js';
import { type PreparedRequest, Sender } from '../load/sender.js';
import { startRequest } from '../load/srp-login.js';
import { median, percentile, percentileCurve } from '../measure/statistics.js';
import type { EventLoopDelay } from '../server/probe-link.js';
import { startServer } from '../server/server-process.js';
import type { BenchContext, Measured, Suite } from '../suite.js';
import { type ProbeKind, type ProbeLatencies, probe } from './probing.js';

const KINDS = ['recovery_email/status', 'auth/start', 'certificate/sign'] as const;
type KindName = (typeof KINDS)[number];
/** Number of concurrent raw logins: enough for a full group in every thread. */
const LOGINS_UNDER_WAY = 16;
const PROBE_INTERVAL_MS = 10;
/** Stretch threads at default priority and at that of the event loop, and no load. No login is refused. */
const CASES: { name: string; settings: Record<string, string>; logins: number }[] = [
  { name: 'stretching, lower priority', settings: { STRETCH_MAX_WAIT: '120' }, logins: LOGINS_UNDER_WAY },
  {
    name: 'stretching, same priority',
    settings: { STRETCH_MAX_WAIT: '120', STRETCH_NICE: '0' },
    logins: LOGINS_UNDER_WAY,
  },
  { name: 'idle', settings: {}, logins: 0 },
];

interface Result {
  name: string;
  latencies: ProbeLatencies<KindName>;
  delay: EventLoopDelay;
  loginsPerSecond: number;
}

/** Latency of other requests while every core stretches. */
export const latency: Suite = {
  name: 'latency',
  title: 'While every core stretches',
  async run({ quick, progress }: BenchContext) {
    const durationMs = quick ? 6_000 : 30_000;
    const results: Result[] = [];
    for (const entry of CASES) {
      progress.step(`latency: ${entry.name}`);
      results.push(await measure(entry, durationMs));
    }
    return describe(results, durationMs);
  },
};

async function measure(
  { name, settings, logins }: (typeof CASES)[number],
  durationMs: number,
): Promise<Result> {
  const server = await startServer({ settings, probe: true });
  const account = await createSrpAccount(server);
  const rawAccounts = await createMany(LOGINS_UNDER_WAY / 2, () => createRawAccount(server));
  await verifyAccounts(server, rawAccounts.slice(0, 1));
  const requests = rawAccounts.map(({ emailHex, password }) =>
    postJson('/v1/raw_password/session/create', { email: emailHex, password }),
  );
  const load = new Sender(server.url, LOGINS_UNDER_WAY);
  const { sessionToken } = JSON.parse((await load.sendOk(requests[0] as PreparedRequest)).body);
  const session = sessionCredentials(sessionToken);
  const kinds: ProbeKind<KindName>[] = [
    { name: KINDS[0], build: () => signed(server.url, '/v1/recovery_email/status', session) },
    { name: KINDS[1], build: () => startRequest(account) },
    { name: KINDS[2], build: () => signed(server.url, '/v1/certificate/sign', session, CERTIFICATE_REQUEST) },
  ];
  let done = 0;
  let stopped = false;
  const clients = Array.from({ length: logins }, async (_, client) => {
    for (let i = client; !stopped; i++, done++) {
      await load.sendOk(requests[i % requests.length] as PreparedRequest);
    }
  });
  const probes = new Sender(server.url, 64);
  // Warms up code and load.
  await probe(probes, kinds, { intervalMs: PROBE_INTERVAL_MS, durationMs: durationMs / 4 });
  await server.probe?.resetDelay();
  const doneBefore = done;
  const latencies = await probe(probes, kinds, { intervalMs: PROBE_INTERVAL_MS, durationMs });
  const loginsPerSecond = (done - doneBefore) / (durationMs / 1000);
  const delay = (await server.probe?.readDelay()) as EventLoopDelay;
  stopped = true;
  await Promise.all(clients);
  for (const sender of [load, probes]) sender.close();
  await server.stop();
  return { name, latencies, delay, loginsPerSecond };
}

function describe(results: Result[], durationMs: number): Measured {
  const [usual] = results as [Result];
  const check = (what: string, measured: number, goal: number) =>
    ({ what: `${what}, every core stretching: p99`, measured, bound: 'at most', goal, unit: 'ms' }) as const;
  return {
    sections: [
      {
        title: 'Other requests and the event loop under a full load of stretching',
        method:
          `${LOGINS_UNDER_WAY} raw logins under way, and one other request every ${PROBE_INTERVAL_MS} ms (open loop) for ` +
          `${durationMs / 1000} s. Lower priority is the default (STRETCH_NICE=10), same priority is STRETCH_NICE=0. The ` +
          'client shares the cores, which is in the latencies.',
        table: {
          columns: [
            { heading: 'server' },
            { heading: 'logins/s', digits: 2 },
            ...KINDS.flatMap((name) => [{ heading: `${name} p50 ms`, digits: 2 }, { heading: 'p99 ms' }]),
            { heading: 'loop delay p99 ms' },
            { heading: 'max ms' },
          ],
          rows: results.map(({ name, latencies, delay, loginsPerSecond }) => [
            name,
            loginsPerSecond || null,
            ...KINDS.flatMap((kind) => [median(latencies[kind]), percentile(latencies[kind], 99)]),
            delay.p99Ms,
            delay.maxMs,
          ]),
        },
        charts: [
          {
            kind: 'distribution',
            title: 'Latency of recovery_email/status',
            valueLabel: 'ms',
            series: results.map(({ name, latencies }) => ({
              name,
              values: percentileCurve(latencies[KINDS[0]]),
            })),
          },
        ],
      },
    ],
    checks: [
      ...KINDS.map((name) => check(name, percentile(usual.latencies[name], 99), 30)),
      check('event-loop delay', usual.delay.p99Ms, 10),
    ],
    figures: {},
  };
}
