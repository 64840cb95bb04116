import { createMany, createSrpAccount, type SrpAccount, verifyAccounts } from '../load/accounts.js';
import { CERTIFICATE_REQUEST } from '../load/certificate-request.js';
import { HEALTH_CHECK, postJson, signed } from '../load/requests.js';
import { type PreparedRequest, Sender } from '../load/sender.js';
import {
  finishRequest,
  openAuthToken,
  openSession,
  sessionRequest,
  startRequest,
} from '../load/srp-login.js';
import { interleave } from '../measure/interleave.js';
import { measureRequests, type RequestCost } from '../measure/request-cost.js';
import { median, percentile, spreadPercent } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import { atMost, type BenchContext, type Measured, type Suite } from '../suite.js';
import { createTable } from '../table.js';

const ACCOUNTS = 16;
const SRP_LOGIN = ['auth/start', 'auth/finish', 'session/create'];

type Costs = Map<string, RequestCost>;

export const endpoints: Suite = {
  name: 'endpoints',
  title: 'Requests without a stretch',
  async run({ quick, report }: BenchContext) {
    report('endpoints: starting a server');
    const server = await startServer({ settings: { STRETCH_THREADS: '1' } });
    const accounts = await createMany(ACCOUNTS, () => createSrpAccount(server));
    await verifyAccounts(server, accounts);
    const users = Array.from({ length: quick ? 150 : 400 }, (_, i) => accounts[i % ACCOUNTS] as SrpAccount);
    const results = await interleave(
      [{ clients: 1 }, { clients: 8 }],
      ({ clients }) => runRound(server, users, clients),
      { what: 'endpoints', rounds: quick ? 2 : 4, report },
    );
    return describe(...(results.map(({ samples }) => samples) as [Costs[], Costs[]]));
  },
};

/** Every request is built before it is measured. Most need a reply to an earlier one. */
async function runRound(server: ServerProcess, users: SrpAccount[], clients: number) {
  const { url } = server;
  const sender = new Sender(url, clients);
  const costs: Costs = new Map();
  const measure = async (name: string, requests: PreparedRequest[]) => {
    const { cost, answers } = await measureRequests(server, sender, requests);
    costs.set(name, cost);
    return answers.map(({ body }) => body);
  };
  await measure('__lbheartbeat__', Array(5 * users.length).fill(HEALTH_CHECK));
  await measure('get_random_bytes', Array(5 * users.length).fill(postJson('/v1/get_random_bytes', {})));

  const starts = await measure('auth/start', users.map(startRequest));
  const proofs = users.map((user, i) => finishRequest(user, starts[i] as string));
  const finishes = await measure(
    'auth/finish',
    proofs.map(({ request }) => request),
  );
  const authTokens = proofs.map(({ K }, i) => openAuthToken(finishes[i] as string, K));
  const replies = await measure(
    'session/create',
    authTokens.map((authToken) => sessionRequest(url, authToken)),
  );
  const sessions = authTokens.map((authToken, i) => openSession(replies[i] as string, authToken));

  const measureSigned = (name: string, json?: object) =>
    measure(
      name,
      sessions.map((session) => signed(url, `/v1/${name}`, session, json)),
    );
  await measureSigned('recovery_email/status');
  await measureSigned('certificate/sign', CERTIFICATE_REQUEST);
  await measureSigned('account/devices');
  await measureSigned('session/destroy', {});
  return costs;
}

function describe(alone: Costs[], loaded: Costs[]): Measured {
  const each = (samples: Costs[], name: string, figure: 'cpuMs' | 'loopMs' | 'latenciesMs') =>
    samples.flatMap((costs) => costs.get(name)?.[figure] ?? []);
  const cpuMs = (samples: Costs[], name: string) => median(each(samples, name, 'cpuMs'));
  const latency = (samples: Costs[], name: string, percent: number) =>
    percentile(each(samples, name, 'latenciesMs'), percent);
  const login = (figure: 'cpuMs' | 'loopMs') =>
    SRP_LOGIN.reduce((sum, name) => sum + median(each(alone, name, figure)), 0);
  const check = (what: string, measured: number, goal: number) =>
    atMost(`${what}: CPU of the whole server`, measured, goal, 'ms');
  return {
    sections: [
      {
        title: 'CPU and latency of each endpoint',
        method:
          `SQLite, token store in process, RS signing key. Medians of ${alone.length} rounds of all endpoints in turns, one ` +
          'request at a time and eight at once. CPU is of all threads of the server process.',
        table: createTable(
          [...(alone[0] as Costs).keys()],
          [
            ['endpoint', (name) => name],
            ['CPU ms, one', (name) => cpuMs(alone, name), 2],
            ['± %', (name) => spreadPercent(each(alone, name, 'cpuMs')), 0],
            ['CPU ms, eight', (name) => cpuMs(loaded, name), 2],
            ['p50 ms, one', (name) => latency(alone, name, 50), 2],
            ['p99 ms, one', (name) => latency(alone, name, 99), 2],
            ['p99 ms, eight', (name) => latency(loaded, name, 99), 2],
          ],
        ),
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
