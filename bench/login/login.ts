import { availableParallelism } from 'node:os';
import { findNativeProblem } from '../../workers/kernel/load-native.js';
import { createMany, createRawAccount, type RawAccount } from '../load/accounts.js';
import { postJson } from '../load/requests.js';
import { Sender } from '../load/sender.js';
import { type LoopMeasurement, measureClosedLoop } from '../measure/closed-loop.js';
import { firstThreadCpuSeconds } from '../measure/process-usage.js';
import { median, pairedRatio, percentile } from '../measure/statistics.js';
import type { Cell } from '../results.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured, Suite } from '../suite.js';
import { buildLimitProgram, type LimitProgram } from './limit-program.js';

const ENGINES = [...(findNativeProblem() ? [] : ['native']), 'wasm', 'openssl'];
const LOADS = [
  { clients: 1, name: 'one at a time' },
  { clients: 8, name: 'eight at once' },
] as const;
const THREADS = availableParallelism();
const STRETCH_THREAD_MIB = 256;

interface Contender {
  engine: string;
  load: (typeof LOADS)[number];
  server: ServerProcess;
  sender: Sender;
  accounts: RawAccount[];
  rounds: LoopMeasurement[];
  /** CPU ms of the event loop's thread for each login, by round. */
  loopMs: number[];
}

/** Raw-password logins over HTTP on every engine, compared with the limit program. */
export const login: Suite = { name: 'login', title: 'Raw logins', run: measureRawLogins };

async function measureRawLogins({ quick, progress }: BenchContext): Promise<Measured> {
  progress.step('raw logins: building the limit program, starting a server for each engine');
  const limit = await buildLimitProgram();
  const contenders = (await Promise.all(ENGINES.map(startContenders))).flat();
  const limitMs: Record<number, number[]> = { 1: [], 8: [] };
  const rounds = quick ? 2 : 5;
  for (let round = 1; round <= rounds; round++) {
    progress.step(`raw logins: round ${round} of ${rounds}`);
    if (limit) await runLimit(limit, limitMs, quick ? 3 : 6);
    for (const [i, contender] of contenders.entries()) {
      progress.at(i + 1, contenders.length + 1);
      await runLogins(contender, quick);
    }
  }
  const peakMib = (contenders[0] as Contender).server.memory().peakMib;
  await Promise.all(contenders.filter(({ load }) => load.clients === 1).map(({ server }) => server.stop()));
  for (const { sender } of contenders) sender.close();
  await limit?.remove();
  return describe(contenders, limitMs, rounds, peakMib - THREADS * STRETCH_THREAD_MIB);
}

async function startContenders(engine: string): Promise<Contender[]> {
  const server = await startServer({ settings: { STRETCH_ENGINE: engine } });
  const accounts = await createMany(8, () => createRawAccount(server));
  return LOADS.map((load) => {
    const sender = new Sender(server.url, load.clients);
    return { engine, load, server, sender, accounts, rounds: [], loopMs: [] };
  });
}

/** Loads: one thread with one password, and every thread with a full group. */
async function runLimit(
  limit: LimitProgram,
  limitMs: Record<number, number[]>,
  rounds: number,
): Promise<void> {
  limitMs[1]?.push(await limit.stretch(1, 1, rounds));
  limitMs[8]?.push(await limit.stretch(THREADS, 4, rounds));
}

async function runLogins(contender: Contender, quick: boolean): Promise<void> {
  const { server, sender, accounts, load } = contender;
  const logins = accounts.map(({ emailHex, password }) =>
    postJson('/v1/raw_password/session/create', { email: emailHex, password }),
  );
  let sent = 0;
  const loopBefore = firstThreadCpuSeconds(server.pid);
  const round = await measureClosedLoop({
    clients: load.clients,
    warmUps: 2 * load.clients,
    count: load.clients === 1 ? (quick ? 8 : 16) : quick ? 32 : 64,
    task: () => sender.sendOk(logins[sent++ % logins.length] as (typeof logins)[0]),
    cpuSeconds: server.cpuSeconds,
  });
  contender.rounds.push(round);
  contender.loopMs.push((1000 * (firstThreadCpuSeconds(server.pid) - loopBefore)) / sent);
}

const cpuMs = ({ cpuSeconds, done }: LoopMeasurement) => (1000 * cpuSeconds) / done;
const perSecond = ({ done, wallSeconds }: LoopMeasurement) => done / wallSeconds;

function describe(
  contenders: Contender[],
  limitMs: Record<number, number[]>,
  rounds: number,
  besideStretchingMib: number,
): Measured {
  const against = (contender: Contender, baseMs: number[]) =>
    pairedRatio(contender.rounds.map(cpuMs), baseMs);
  const limitOf = ({ load }: Contender) => limitMs[load.clients] as number[];
  const hasLimit = (limitMs[1]?.length ?? 0) > 0;
  const rows = contenders.map((contender): Cell[] => {
    const latencies = contender.rounds.flatMap(({ latenciesMs }) => latenciesMs);
    return [
      contender.engine,
      contender.load.name,
      median(contender.rounds.map(perSecond)),
      median(contender.rounds.map(cpuMs)),
      hasLimit ? against(contender, limitOf(contender)) : null,
      percentile(latencies, 50),
      percentile(latencies, 99),
    ];
  });
  const limitRows = hasLimit
    ? LOADS.map(({ clients }): Cell[] => [
        'limit program',
        clients === 1 ? 'one thread, one password' : `${THREADS} threads, groups of four`,
        null,
        median(limitMs[clients] as number[]),
        1,
        null,
        null,
      ])
    : [];
  const [alone, loaded] = contenders as [Contender, Contender];
  const check = (what: string, contender: Contender, goal: number) =>
    ({ what, measured: against(contender, limitOf(contender)), bound: 'at most', goal, unit: '×' }) as const;
  return {
    sections: [
      {
        title: 'POST /v1/raw_password/session/create',
        method:
          `Logins over HTTP against a server process for each engine, default settings without rate limits. ${rounds} ` +
          'interleaved rounds, medians. CPU: user and system time of all threads of the server. The limit program is ' +
          'the native kernel compiled for this processor, without Node, queue, HTTP and database.',
        table: {
          columns: [
            { heading: 'engine' },
            { heading: 'load' },
            { heading: 'logins/s', digits: 2 },
            { heading: 'CPU ms/login' },
            { heading: '× limit, CPU', digits: 2 },
            { heading: 'p50 ms' },
            { heading: 'p99 ms' },
          ],
          rows: [...limitRows, ...rows],
        },
        charts: [
          {
            kind: 'bars',
            title: 'CPU of one raw login',
            valueLabel: 'CPU ms of the whole server (shorter is better)',
            bars: [...limitRows, ...rows].map(([engine, load, , value]) => ({
              label: `${engine}, ${load}`,
              value: value as number,
              highlight: engine !== 'limit program',
            })),
          },
        ],
      },
    ],
    checks: hasLimit
      ? [
          check('raw login, eight at once: server ÷ limit program, CPU', loaded, 1.4),
          check('raw login, one at a time: server ÷ limit program, CPU', alone, 1.35),
        ]
      : [],
    figures: {
      'raw login one at a time, CPU ms': median(alone.rounds.map(cpuMs)),
      'raw login eight at once, CPU ms': median(loaded.rounds.map(cpuMs)),
      'raw login, event loop ms': median(loaded.loopMs),
      'memory beside stretching, MiB': besideStretchingMib,
    },
  };
}
