import { createMany, createSrpAccount, type SrpAccount, verifyAccounts } from '../load/accounts.js';
import { Sender } from '../load/sender.js';
import { interleave } from '../measure/interleave.js';
import { measureRequests, type RequestCost } from '../measure/request-cost.js';
import { median, percentile, spreadPercent } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import { atMost, type BenchContext, type Measured, type Suite } from '../suite.js';
import { createTable } from '../table.js';
import { createRound, SCENARIOS } from './scenarios.js';

const LOADS = [{ clients: 1 }, { clients: 8 }];
const ACCOUNTS = 16;
/** The requests of an SRP login. */
const LOGIN = ['auth/start', 'auth/finish', 'session/create'];

/** Costs of each request in each round. */
type Samples = Map<string, RequestCost>[];

/** Cost of each request, including HTTP and storage. */
export const endpoints: Suite = {
  name: 'endpoints',
  title: 'Requests without a stretch',
  async run({ quick, report }: BenchContext) {
    report('endpoints: starting a server');
    const server = await startServer({ settings: { STRETCH_THREADS: '1' } });
    const accounts = await createMany(ACCOUNTS, () => createSrpAccount(server));
    await verifyAccounts(server, accounts);
    const run = ({ clients }: { clients: number }) => runRound(server, clients, accounts, quick ? 200 : 400);
    const rounds = quick ? 3 : 7;
    const results = await interleave(LOADS, run, { what: 'endpoints', rounds, report });
    return describe(...(results.map(({ samples }) => samples) as [Samples, Samples]));
  },
};

async function runRound(server: ServerProcess, clients: number, accounts: SrpAccount[], logins: number) {
  const sender = new Sender(server.url, clients);
  const round = createRound(server.url, accounts);
  const costs = new Map<string, RequestCost>();
  for (const { name, build, take } of SCENARIOS) {
    const { cost, answers } = await measureRequests(server, sender, build(round, logins));
    costs.set(name, cost);
    take?.(round, answers);
  }
  return costs;
}

function describe(alone: Samples, loaded: Samples): Measured {
  const each = (samples: Samples, name: string, figure: 'cpuMs' | 'loopMs' | 'latenciesMs') =>
    samples.flatMap((costs) => costs.get(name)?.[figure] ?? []);
  const cpuMs = (samples: Samples, name: string) => median(each(samples, name, 'cpuMs'));
  const latency = (samples: Samples, name: string, percent: number) =>
    percentile(each(samples, name, 'latenciesMs'), percent);
  const login = (figure: 'cpuMs' | 'loopMs') =>
    LOGIN.reduce((sum, name) => sum + median(each(alone, name, figure)), 0);
  const check = (what: string, measured: number, goal: number) =>
    atMost(`${what}: CPU of the whole server`, measured, goal, 'ms');
  return {
    sections: [
      {
        title: 'CPU and latency of each endpoint',
        method:
          `SQLite and the token store in process, as by default; an RS signing key. ${alone.length} rounds of all ` +
          'endpoints in turns, one request at a time and eight at once; requests are built and signed before they are ' +
          'measured. CPU: all threads of the server process, from /proc; medians.',
        table: createTable(SCENARIOS, [
          ['endpoint', ({ name }) => name],
          ['CPU ms, one', ({ name }) => cpuMs(alone, name), 2],
          ['± %', ({ name }) => spreadPercent(each(alone, name, 'cpuMs')), 0],
          ['CPU ms, eight', ({ name }) => cpuMs(loaded, name), 2],
          ['p50 ms, one', ({ name }) => latency(alone, name, 50), 2],
          ['p99 ms, one', ({ name }) => latency(alone, name, 99), 2],
          ['p99 ms, eight', ({ name }) => latency(loaded, name, 99), 2],
        ]),
      },
    ],
    checks: [
      check('auth/start, auth/finish, session/create', login('cpuMs'), 5),
      check('certificate/sign', cpuMs(alone, 'certificate/sign'), 3),
      check('Hawk-signed recovery_email/status', cpuMs(alone, 'recovery_email/status'), 0.6),
    ],
    figures: { 'SRP login, CPU ms': login('cpuMs'), 'SRP login, event loop ms': login('loopMs') },
  };
}
