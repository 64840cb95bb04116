import { createMany, createSrpAccount, type SrpAccount } from '../load/accounts.js';
import { Sender } from '../load/sender.js';
import { finishRequest, openAuthToken, sessionRequest, startRequest } from '../load/srp-login.js';
import { type LoopMeasurement, measureClosedLoop } from '../measure/closed-loop.js';
import { firstThreadCpuSeconds } from '../measure/process-usage.js';
import { median, percentile, percentileCurve } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured } from '../suite.js';

/** The crypto pool's arithmetic follows the engine: jsbn with scrypt-js, else OpenSSL. */
const ARITHMETICS = [
  { name: 'OpenSSL', engine: 'wasm' },
  { name: 'jsbn', engine: 'scrypt-js' },
] as const;
const CLIENTS = [1, 8] as const;
const ACCOUNTS = 50;

interface Contender {
  arithmetic: (typeof ARITHMETICS)[number];
  clients: (typeof CLIENTS)[number];
  server: ServerProcess;
  sender: Sender;
  accounts: SrpAccount[];
  rounds: LoopMeasurement[];
  /** CPU ms of the event loop's thread for each login, a round each. */
  loopMs: number[];
  /** Of the three requests together, without what the client computes between them, in ms. */
  latenciesMs: number[];
}

/** Whole SRP logins over HTTP: auth/start, auth/finish, session/create. */
export async function measureSrpLogins({ quick, progress }: BenchContext): Promise<Measured> {
  progress.step('SRP logins: starting a server for each arithmetic');
  const contenders = (await Promise.all(ARITHMETICS.map(createContenders))).flat();
  progress.step('SRP logins: warming up');
  for (const contender of contenders) await runLogins(contender, false);
  for (const contender of contenders) contender.latenciesMs.length = 0;
  const rounds = quick ? 1 : 5;
  for (let round = 1; round <= rounds; round++) {
    progress.step(`SRP logins: round ${round} of ${rounds}`);
    for (const [i, contender] of contenders.entries()) {
      progress.at(i, contenders.length);
      const loopBefore = firstThreadCpuSeconds(contender.server.pid);
      const round = await runLogins(contender, quick);
      const loopSeconds = firstThreadCpuSeconds(contender.server.pid) - loopBefore;
      contender.rounds.push(round);
      contender.loopMs.push((1000 * loopSeconds) / (round.warmUps + round.done));
    }
  }
  for (const { server, sender, clients } of contenders) {
    sender.close();
    if (clients === 1) await server.stop();
  }
  return describe(contenders, rounds);
}

async function createContenders(arithmetic: Contender['arithmetic']): Promise<Contender[]> {
  const server = await startServer({ settings: { STRETCH_ENGINE: arithmetic.engine, STRETCH_THREADS: '1' } });
  const accounts = await createMany(ACCOUNTS, () => createSrpAccount(server));
  return CLIENTS.map((clients) => ({
    arithmetic,
    clients,
    server,
    sender: new Sender(server.url, clients),
    accounts,
    rounds: [],
    loopMs: [],
    latenciesMs: [],
  }));
}

function runLogins(contender: Contender, quick: boolean): Promise<LoopMeasurement> {
  const { clients, server, accounts, arithmetic } = contender;
  const count = arithmetic.name === 'jsbn' ? 40 : 240;
  return measureClosedLoop({
    clients,
    warmUps: count / 4,
    count: quick ? count / 2 : count,
    cpuSeconds: server.cpuSeconds,
    task: (index) => login(contender, accounts[index % accounts.length] as SrpAccount),
  });
}

async function login({ server, sender, latenciesMs }: Contender, account: SrpAccount): Promise<void> {
  const started = await sender.sendOk(startRequest(account));
  const { request, K } = finishRequest(account, started.body);
  const finished = await sender.sendOk(request);
  const created = await sender.sendOk(sessionRequest(server.url, openAuthToken(finished.body, K)));
  latenciesMs.push(started.ms + finished.ms + created.ms);
}

function describe(contenders: Contender[], rounds: number): Measured {
  const nameOf = ({ arithmetic, clients }: Contender) =>
    `${arithmetic.name}, ${clients === 1 ? 'one at a time' : 'eight at once'}`;
  const cpuMs = (loop: LoopMeasurement) => (1000 * loop.cpuSeconds) / loop.done;
  const perSecond = (loop: LoopMeasurement) => loop.done / loop.wallSeconds;
  const [alone] = contenders as [Contender];
  return {
    sections: [
      {
        title: 'SRP logins: auth/start, auth/finish, session/create',
        method:
          'The client stretches, so engines do not matter, but the arithmetic of the crypto pool does: OpenSSL as by ' +
          `default, jsbn with STRETCH_ENGINE=scrypt-js. ${rounds} round${rounds > 1 ? 's' : ''} in turns, medians. ` +
          'Latency is of the three requests together, without what the client computes in between; logins a second ' +
          'include that, on the same machine.',
        table: {
          columns: [
            { heading: 'arithmetic' },
            { heading: 'clients', digits: 0 },
            { heading: 'logins/s' },
            { heading: 'CPU ms/login', digits: 2 },
            { heading: 'p50 ms', digits: 2 },
            { heading: 'p99 ms', digits: 2 },
          ],
          rows: contenders.map((contender) => [
            contender.arithmetic.name,
            contender.clients,
            median(contender.rounds.map(perSecond)),
            median(contender.rounds.map(cpuMs)),
            percentile(contender.latenciesMs, 50),
            percentile(contender.latenciesMs, 99),
          ]),
        },
        charts: [
          {
            kind: 'distribution',
            title: 'Latency of SRP logins',
            valueLabel: 'ms of the server’s three answers',
            series: contenders.map((contender) => ({
              name: nameOf(contender),
              values: percentileCurve(contender.latenciesMs),
            })),
          },
        ],
      },
    ],
    checks: [],
    figures: {
      'SRP login, CPU ms': median(alone.rounds.map(cpuMs)),
      'SRP login, event loop ms': median(alone.loopMs),
    },
  };
}
