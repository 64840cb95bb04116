import { createRound, PHASES, type Phase, type PhaseName } from '../endpoints/phases.js';
import { createMany, createRawAccount, createSrpAccount, type RawAccount } from '../load/accounts.js';
import { postJson } from '../load/requests.js';
import { sendAll } from '../load/send-all.js';
import { type PreparedRequest, Sender } from '../load/sender.js';
import type { Cell } from '../results.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured } from '../subject.js';
import type { Stores } from './stores.js';

const SERVER_COUNTS = [1, 2, 3] as const;
const CLIENTS = 8;
const LOGIN: PhaseName[] = ['auth/start', 'auth/finish', 'session/create'];
/** Hawk signs the URL that clients know, whichever server they meet. */
const PUBLIC_URL = 'http://accounts.example.org';

const LOADS = ['SRP login', 'recovery_email/status', 'raw login'] as const;
type Load = (typeof LOADS)[number];

/** CPU ms for each of what a load says, and how many a second. */
interface Cost {
  servers: number;
  postgres: number;
  redis: number;
  perSecond: number;
}

/** One, two and three servers, each request to the next of them. */
export async function measureSeveralServers(context: BenchContext, stores: Stores): Promise<Measured> {
  const measured = new Map<number, Record<Load, Cost>>();
  for (const count of SERVER_COUNTS) {
    context.progress.step(`cluster: ${count} server${count > 1 ? 's' : ''}`);
    measured.set(count, await measureServers(context, stores, count));
  }
  return describe(measured);
}

async function measureServers(
  { quick }: BenchContext,
  stores: Stores,
  count: number,
): Promise<Record<Load, Cost>> {
  const settings = { ...stores.settings, PUBLIC_URL, STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '60' };
  const servers = await createMany(count, () => startServer({ settings }));
  const senders = servers.map(({ url }) => new Sender(url, CLIENTS));
  let turn = 0;
  const nextServer = {
    sendOk: (request: PreparedRequest) => (senders[turn++ % count] as Sender).sendOk(request),
  };
  const [first] = servers as [ServerProcess];
  const accounts = await createMany(16, () => createSrpAccount(first));
  const rawAccounts = await createMany(4, () => createRawAccount(first));
  const round = createRound(PUBLIC_URL, accounts);
  const logins = quick ? 150 : 400;
  const runPhases = async (names: PhaseName[]) => {
    for (const phase of PHASES as readonly (Phase & { name: PhaseName })[]) {
      if (!names.includes(phase.name)) continue;
      const answers = await sendAll(nextServer, CLIENTS, phase.build(round, logins));
      phase.take?.(round, answers);
    }
  };
  // Each server warms up on as many requests, however many they are.
  for (let i = 0; i < 2 * count; i++) await runPhases([...LOGIN, 'recovery_email/status']);
  const watch = (times: number, run: () => Promise<unknown>) => measureCost(servers, stores, times, run);
  const costs = {
    'SRP login': await watch(logins, () => runPhases(LOGIN)),
    'recovery_email/status': await watch(2 * logins, () => runPhases(['recovery_email/status'])),
    'raw login': await watch(quick ? 24 : 60, () =>
      sendAll(nextServer, CLIENTS, rawLogins(rawAccounts, quick ? 24 : 60)),
    ),
  };
  for (const sender of senders) sender.close();
  for (const server of servers) await server.stop();
  return costs;
}

function rawLogins(accounts: RawAccount[], count: number): PreparedRequest[] {
  return Array.from({ length: count }, (_, i) => {
    const { emailHex, password } = accounts[i % accounts.length] as RawAccount;
    return postJson('/v1/raw_password/session/create', { email: emailHex, password });
  });
}

async function measureCost(
  servers: ServerProcess[],
  stores: Stores,
  times: number,
  run: () => Promise<unknown>,
): Promise<Cost> {
  const read = () => ({
    servers: servers.reduce((sum, server) => sum + server.cpuSeconds(), 0),
    postgres: stores.postgresCpuSeconds(),
    redis: stores.redisCpuSeconds(),
    wall: performance.now() / 1000,
  });
  const before = read();
  await run();
  const after = read();
  const each = (what: keyof typeof before) => (1000 * (after[what] - before[what])) / times;
  return {
    servers: each('servers'),
    postgres: each('postgres'),
    redis: each('redis'),
    perSecond: 1000 / each('wall'),
  };
}

function describe(measured: Map<number, Record<Load, Cost>>): Measured {
  const one = measured.get(1) as Record<Load, Cost>;
  const rows = LOADS.flatMap((load) =>
    [...measured].map(([count, costs]): Cell[] => {
      const { servers, postgres, redis, perSecond } = costs[load];
      return [load, count, servers, postgres, redis, perSecond];
    }),
  );
  return {
    sections: [
      {
        title: 'One, two and three servers',
        method:
          `Every request goes to the next server, those of one login too; ${CLIENTS} at once. CPU of all servers together, of all ` +
          'PostgreSQL processes and of Redis, for each login or request, from /proc. All share this machine with the ' +
          'client, so that the last column says little; more machines change it, and not the CPU.',
        table: {
          columns: [
            { heading: 'load' },
            { heading: 'servers', digits: 0 },
            { heading: 'CPU ms, servers', digits: 2 },
            { heading: 'PostgreSQL', digits: 3 },
            { heading: 'Redis', digits: 3 },
            { heading: 'a second', digits: 0 },
          ],
          rows,
        },
        charts: [],
      },
    ],
    checks: [],
    figures: Object.fromEntries(
      LOADS.flatMap((load) => [
        [`${load} over stores: servers, CPU ms`, one[load].servers],
        [`${load} over stores: PostgreSQL, CPU ms`, one[load].postgres],
        [`${load} over stores: Redis, CPU ms`, one[load].redis],
      ]),
    ),
  };
}
