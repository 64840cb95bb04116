import {
  createMany,
  createRawAccount,
  createSrpAccount,
  type RawAccount,
  verifyAccounts,
} from '../load/accounts.js';
import { CERTIFICATE_REQUEST } from '../load/certificate-request.js';
import { probe } from '../load/probing.js';
import { rawLogin, signed } from '../load/requests.js';
import { Sender } from '../load/sender.js';
import { logIn, startRequest } from '../load/srp-login.js';
import { median, percentile } from '../measure/statistics.js';
import { startServer } from '../server/server-process.js';
import { atMost, type BenchContext, type Suite } from '../suite.js';
import { createTable } from '../table.js';

const KINDS = ['recovery_email/status', 'auth/start', 'certificate/sign'] as const;
/** Enough for a full group in each of four threads. */
const LOGINS_UNDER_WAY = 16;
const PROBE_INTERVAL_MS = 10;
const CASES = [
  { name: 'stretching, lower priority', logins: LOGINS_UNDER_WAY, nice: '10' },
  { name: 'stretching, same priority', logins: LOGINS_UNDER_WAY, nice: '0' },
  { name: 'idle', logins: 0, nice: '10' },
];

type Result = Awaited<ReturnType<typeof measure>>;

export const latency: Suite = {
  name: 'latency',
  title: 'While every core stretches',
  async run({ quick, report }: BenchContext) {
    const durationMs = quick ? 6_000 : 20_000;
    const results: Result[] = [];
    for (const entry of CASES) {
      report(`latency: ${entry.name}`);
      results.push(await measure(entry, durationMs));
    }
    const [usual] = results as [Result];
    const check = (what: string, measured: number, goal: number) =>
      atMost(`${what}, every core stretching: p99`, measured, goal, 'ms');
    return {
      sections: [
        {
          title: 'Other requests and the event loop under a full load of stretching',
          method:
            `${LOGINS_UNDER_WAY} raw logins under way, and one other request every ${PROBE_INTERVAL_MS} ms (open loop) for ` +
            `${durationMs / 1000} s. Lower priority is the default (STRETCH_NICE=10), same priority is STRETCH_NICE=0. ` +
            "Latencies include the client's share of the cores. The event loop's delay is from the server's metrics.",
          table: createTable(results, [
            ['server', ({ name }) => name],
            ['logins/s', ({ loginsPerSecond }) => loginsPerSecond, 2],
            ...KINDS.flatMap((kind): [string, (result: Result) => number, number][] => [
              [`${kind} p50 ms`, ({ latencies }) => median(latencies[kind]), 2],
              ['p99 ms', ({ latencies }) => percentile(latencies[kind], 99), 1],
            ]),
            ['loop delay p99 ms', ({ delay }) => delay.p99Ms],
            ['max ms', ({ delay }) => delay.maxMs],
          ]),
        },
      ],
      checks: [
        ...KINDS.map((name) => check(name, percentile(usual.latencies[name], 99), 30)),
        check('event-loop delay', usual.delay.p99Ms, 10),
      ],
    };
  },
};

async function measure({ name, logins, nice }: (typeof CASES)[number], durationMs: number) {
  // No login is refused.
  const server = await startServer({ settings: { STRETCH_MAX_WAIT: '120', STRETCH_NICE: nice } });
  const sender = new Sender(server.url, 64);
  const account = await createSrpAccount(server);
  await verifyAccounts(server, [account]);
  const session = await logIn(server.url, sender, account);
  const rawAccounts = await createMany(LOGINS_UNDER_WAY, () => createRawAccount(server));
  let done = 0;
  let stopped = false;
  const repeatLogin = async (rawAccount: RawAccount) => {
    const client = new Sender(server.url, 1);
    for (; !stopped; done++) await client.sendOk(rawLogin(rawAccount));
  };
  const load = Promise.all(rawAccounts.slice(0, logins).map(repeatLogin));
  // Avoids an unhandled rejection: the error surfaces at `await load`.
  load.catch(() => {});
  const kinds = {
    'recovery_email/status': () => signed(server.url, '/v1/recovery_email/status', session),
    'auth/start': () => startRequest(account),
    'certificate/sign': () => signed(server.url, '/v1/certificate/sign', session, CERTIFICATE_REQUEST),
  };
  const probeFor = (ms: number) =>
    probe(kinds, async (request) => (await sender.sendOk(request)).ms, {
      intervalMs: PROBE_INTERVAL_MS,
      durationMs: ms,
    });
  // Warms up code and load.
  await probeFor(durationMs / 4);
  await readDelay(sender);
  const doneBefore = done;
  const latencies = await probeFor(durationMs);
  const loginsPerSecond = logins > 0 ? (done - doneBefore) / (durationMs / 1000) : null;
  const delay = await readDelay(sender);
  stopped = true;
  await load;
  await server.stop();
  return { name, latencies, delay, loginsPerSecond };
}

/** Reads the delay of the server's event loop since the last call from its metrics. */
async function readDelay(sender: Sender): Promise<{ p99Ms: number; maxMs: number }> {
  const { body } = await sender.sendOk({ method: 'GET', path: '/metrics', headers: {} });
  const [, p99, max] =
    /_delay_seconds\{quantile="0.99"\} (\S+)\n.*_delay_seconds\{quantile="1"\} (\S+)/.exec(body) ?? [];
  return { p99Ms: 1000 * Number(p99), maxMs: 1000 * Number(max) };
}
