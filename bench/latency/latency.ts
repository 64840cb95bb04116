import type { HawkCredentials } from '../../client/hawk.js';
import {
  createMany,
  createRawAccount,
  createSrpAccount,
  type RawAccount,
  type SrpAccount,
  sessionCredentials,
  verifyAccounts,
} from '../load/accounts.js';
import { CERTIFICATE_REQUEST } from '../load/certificate-request.js';
import { postJson, signed } from '../load/requests.js';
import { Sender } from '../load/sender.js';
import { startRequest } from '../load/srp-login.js';
import { median, percentile, percentileCurve } from '../measure/statistics.js';
import type { EventLoopDelay } from '../server/probe-link.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured, Suite } from '../suite.js';
import { type ProbeKind, probe } from './probing.js';

const KINDS = ['recovery_email/status', 'auth/start', 'certificate/sign'] as const;
type KindName = (typeof KINDS)[number];

/** Raw logins under way at any time: enough for a full group for every thread. */
const LOGINS_UNDER_WAY = 16;
const PROBE_INTERVAL_MS = 10;

/** The default priority of stretch threads, the same priority as the event loop, and no load. No login is refused. */
const CASES = [
  { name: 'stretching, lower priority', settings: { STRETCH_MAX_WAIT: '120' }, logins: LOGINS_UNDER_WAY },
  {
    name: 'stretching, same priority',
    settings: { STRETCH_MAX_WAIT: '120', STRETCH_NICE: '0' },
    logins: LOGINS_UNDER_WAY,
  },
  { name: 'nothing stretched', settings: {}, logins: 0 },
] as const;

interface Target {
  case: (typeof CASES)[number];
  server: ServerProcess;
  load: Sender;
  probes: Sender;
  kinds: ProbeKind<KindName>[];
  rawAccounts: RawAccount[];
  latencies: Record<KindName, number[]>;
  delays: EventLoopDelay[];
  loginsPerSecond: number[];
}

/** Latency of other requests while every core stretches. */
export const latency: Suite = {
  name: 'latency',
  title: 'While every core stretches',
  async run({ quick, progress }: BenchContext) {
    progress.step('latency: starting the servers');
    const targets = await Promise.all(CASES.map(createTarget));
    const rounds = quick ? 1 : 4;
    const durationMs = quick ? 6_000 : 12_000;
    for (let round = 1; round <= rounds; round++) {
      for (const target of targets) {
        progress.step(`latency: round ${round} of ${rounds}, ${target.case.name}`);
        await measure(target, durationMs);
      }
    }
    for (const { server, load, probes } of targets) {
      load.close();
      probes.close();
      await server.stop();
    }
    return describe(targets, rounds, durationMs);
  },
};

async function createTarget(entry: Target['case']): Promise<Target> {
  const server = await startServer({ settings: entry.settings, probe: true });
  const account = await createSrpAccount(server);
  const rawAccounts = await createMany(LOGINS_UNDER_WAY / 2, () => createRawAccount(server));
  const raw = rawAccounts[0] as RawAccount;
  await verifyAccounts(server, [raw]);
  const load = new Sender(server.url, LOGINS_UNDER_WAY);
  const { sessionToken } = JSON.parse((await load.sendOk(loginRequest(raw))).body);
  const latencies = Object.fromEntries(KINDS.map((name) => [name, []])) as unknown as Target['latencies'];
  return {
    case: entry,
    server,
    load,
    probes: new Sender(server.url, 64),
    kinds: createKinds(server.url, sessionCredentials(sessionToken), account),
    rawAccounts,
    latencies,
    delays: [],
    loginsPerSecond: [],
  };
}

function createKinds(url: string, session: HawkCredentials, account: SrpAccount): ProbeKind<KindName>[] {
  return [
    { name: 'recovery_email/status', build: () => signed(url, '/v1/recovery_email/status', session) },
    { name: 'auth/start', build: () => startRequest(account) },
    {
      name: 'certificate/sign',
      build: () => signed(url, '/v1/certificate/sign', session, CERTIFICATE_REQUEST),
    },
  ];
}

function loginRequest({ emailHex, password }: RawAccount) {
  return postJson('/v1/raw_password/session/create', { email: emailHex, password });
}

async function measure(target: Target, durationMs: number): Promise<void> {
  const {
    case: entry,
    server,
    load,
    probes,
    kinds,
    rawAccounts,
    latencies,
    delays,
    loginsPerSecond,
  } = target;
  let done = 0;
  let stopped = false;
  const clients = Array.from({ length: entry.logins }, async (_, client) => {
    for (let i = client; !stopped; i++) {
      await load.sendOk(loginRequest(rawAccounts[i % rawAccounts.length] as RawAccount));
      done++;
    }
  });
  // The load is warm when it has had time for a login of each client.
  await probe(probes, kinds, { intervalMs: PROBE_INTERVAL_MS, durationMs: durationMs / 4 });
  await server.probe?.resetDelay();
  const doneBefore = done;
  const measured = await probe(probes, kinds, { intervalMs: PROBE_INTERVAL_MS, durationMs });
  loginsPerSecond.push((done - doneBefore) / (durationMs / 1000));
  delays.push((await server.probe?.readDelay()) as EventLoopDelay);
  stopped = true;
  await Promise.all(clients);
  for (const name of KINDS) latencies[name].push(...measured[name]);
}

function describe(targets: Target[], rounds: number, durationMs: number): Measured {
  const delay = ({ delays }: Target, figure: keyof EventLoopDelay) => delays.map((delay) => delay[figure]);
  const [usual] = targets as [Target];
  const check = (what: string, measured: number, goal: number) =>
    ({ what: `${what}, every core stretching: p99`, measured, bound: 'at most', goal, unit: 'ms' }) as const;
  return {
    sections: [
      {
        title: 'Other requests and the event loop under a full load of stretching',
        method:
          `${LOGINS_UNDER_WAY} raw logins under way, and one other request every ${PROBE_INTERVAL_MS} ms (open loop). ` +
          `${rounds} interleaved round${rounds > 1 ? 's' : ''} of ${durationMs / 1000} s. Lower priority is the default (STRETCH_NICE=10), ` +
          'same priority is STRETCH_NICE=0. The client shares the cores, which is in the latencies.',
        table: {
          columns: [
            { heading: 'server' },
            { heading: 'logins/s', digits: 2 },
            ...KINDS.flatMap((name) => [
              { heading: `${name} p50 ms`, digits: 2 },
              { heading: 'p99 ms', digits: 1 },
            ]),
            { heading: 'loop delay p99 ms', digits: 1 },
            { heading: 'max ms', digits: 1 },
          ],
          rows: targets.map((target) => [
            target.case.name,
            target.case.logins === 0 ? null : median(target.loginsPerSecond),
            ...KINDS.flatMap((name) => [
              percentile(target.latencies[name], 50),
              percentile(target.latencies[name], 99),
            ]),
            median(delay(target, 'p99Ms')),
            Math.max(...delay(target, 'maxMs')),
          ]),
        },
        charts: (['recovery_email/status', 'auth/start'] as const).map((name) => ({
          kind: 'distribution',
          title: `Latency of ${name}`,
          valueLabel: 'ms',
          series: targets.map((target) => ({
            name: target.case.name,
            values: percentileCurve(target.latencies[name]),
          })),
        })),
      },
    ],
    checks: [
      ...KINDS.map((name) => check(name, percentile(usual.latencies[name], 99), 30)),
      check('event-loop delay', median(delay(usual, 'p99Ms')), 10),
    ],
    figures: {},
  };
}
