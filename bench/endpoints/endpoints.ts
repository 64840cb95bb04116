import { createMany, createSrpAccount, verifyAccounts } from '../load/accounts.js';
import { sendAll } from '../load/send-all.js';
import { Sender } from '../load/sender.js';
import { firstThreadCpuSeconds } from '../measure/process-usage.js';
import { median, percentile, percentileCurve, summarize } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured, Suite } from '../suite.js';
import { createRound, type Round, SCENARIOS, type Scenario, type ScenarioName } from './scenarios.js';

const CLIENTS = [1, 8] as const;
const ACCOUNTS = 16;
const WARM_UP_ROUNDS = 1;
/** The requests of an SRP login. */
const LOGIN = ['auth/start', 'auth/finish', 'session/create'] as const;

interface Timed {
  /** CPU ms of a request in each round: of the whole server, and of its event loop. */
  cpuMs: number[];
  loopMs: number[];
  latenciesMs: number[];
}

type Timings = Record<ScenarioName, Timed>;

/** Cost of each request, including HTTP and storage. */
export const endpoints: Suite = {
  name: 'endpoints',
  title: 'Requests without a stretch',
  async run({ quick, progress }: BenchContext) {
    progress.step('endpoints: starting a server');
    const server = await startServer({ settings: { STRETCH_THREADS: '1' } });
    const accounts = await createMany(ACCOUNTS, () => createSrpAccount(server));
    await verifyAccounts(server, accounts);
    const timings = new Map(CLIENTS.map((clients) => [clients, createTimings()]));
    const rounds = quick ? 3 : 9;
    const logins = quick ? 200 : 400;
    for (let number = 1 - WARM_UP_ROUNDS; number <= rounds; number++) {
      progress.step(`endpoints: round ${number} of ${rounds}`);
      for (const [clients, timed] of timings) {
        const round = createRound(server.url, accounts);
        await runRound(server, clients, round, logins, number > 0 ? timed : createTimings());
      }
    }
    await server.stop();
    return describe(timings, rounds);
  },
};

function createTimings(): Timings {
  return Object.fromEntries(
    SCENARIOS.map(({ name }) => [name, { cpuMs: [], loopMs: [], latenciesMs: [] }]),
  ) as unknown as Timings;
}

async function runRound(
  server: ServerProcess,
  clients: number,
  round: Round,
  logins: number,
  timings: Timings,
): Promise<void> {
  const sender = new Sender(server.url, clients);
  for (const scenario of SCENARIOS as readonly (Scenario & { name: ScenarioName })[]) {
    const requests = scenario.build(round, logins);
    const cpuBefore = server.cpuSeconds();
    const loopBefore = firstThreadCpuSeconds(server.pid);
    const answers = await sendAll(sender, clients, requests);
    const cpuMs = 1000 * (server.cpuSeconds() - cpuBefore);
    const loopMs = 1000 * (firstThreadCpuSeconds(server.pid) - loopBefore);
    timings[scenario.name].cpuMs.push(cpuMs / requests.length);
    timings[scenario.name].loopMs.push(loopMs / requests.length);
    for (const { ms } of answers) timings[scenario.name].latenciesMs.push(ms);
    scenario.take?.(round, answers);
  }
  sender.close();
}

function describe(timings: Map<number, Timings>, rounds: number): Measured {
  const alone = timings.get(1) as Timings;
  const loaded = timings.get(8) as Timings;
  const cost = (timed: Timings, name: ScenarioName) => median(timed[name].cpuMs);
  const login = (timed: Timings) => LOGIN.reduce((sum, name) => sum + cost(timed, name), 0);
  const checks = [
    { what: 'auth/start, auth/finish, session/create', measured: login(alone), goal: 5 },
    { what: 'certificate/sign', measured: cost(alone, 'certificate/sign'), goal: 3 },
    { what: 'Hawk-signed recovery_email/status', measured: cost(alone, 'recovery_email/status'), goal: 0.6 },
  ];
  return {
    sections: [
      {
        title: 'CPU and latency of each endpoint',
        method:
          `SQLite and the token store in process, as by default; an RS signing key. ${rounds} rounds of all endpoints in ` +
          'turns, one request at a time and eight at once; requests are built and signed before they are measured. ' +
          'CPU: all threads of the server process, from /proc; medians.',
        table: {
          columns: [
            { heading: 'endpoint' },
            { heading: 'CPU ms, one', digits: 2 },
            { heading: '± %', digits: 0 },
            { heading: 'CPU ms, eight', digits: 2 },
            { heading: 'p50 ms, one', digits: 2 },
            { heading: 'p99 ms, one', digits: 2 },
            { heading: 'p99 ms, eight', digits: 2 },
          ],
          rows: SCENARIOS.map(({ name }) => [
            name,
            cost(alone, name),
            100 * summarize(alone[name].cpuMs).spread,
            cost(loaded, name),
            percentile(alone[name].latenciesMs, 50),
            percentile(alone[name].latenciesMs, 99),
            percentile(loaded[name].latenciesMs, 99),
          ]),
        },
        charts: [
          {
            kind: 'bars',
            title: 'CPU of a request, one at a time',
            valueLabel: 'CPU ms of the whole server (shorter is better)',
            bars: SCENARIOS.map(({ name }) => ({ label: name, value: cost(alone, name), highlight: true })),
          },
          {
            kind: 'distribution',
            title: 'Latency, eight at once',
            valueLabel: 'ms',
            series: (['recovery_email/status', 'auth/start', 'auth/finish', 'certificate/sign'] as const).map(
              (name) => ({ name, values: percentileCurve(loaded[name].latenciesMs) }),
            ),
          },
        ],
      },
    ],
    checks: checks.map(({ what, ...check }) => ({
      what: `${what}: CPU of the whole server`,
      ...check,
      bound: 'at most' as const,
      unit: 'ms',
    })),
    figures: {
      'SRP login, CPU ms': login(alone),
      'SRP login, event loop ms': LOGIN.reduce((sum, name) => sum + median(alone[name].loopMs), 0),
    },
  };
}
