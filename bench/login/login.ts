import { availableParallelism } from 'node:os';
import { findNativeProblem } from '../../workers/kernel/load-native.js';
import { SLOT_MIB } from '../../workers/stretcher.js';
import { createMany, createRawAccount, type RawAccount } from '../load/accounts.js';
import { rawLogin } from '../load/requests.js';
import { Sender } from '../load/sender.js';
import { interleave } from '../measure/interleave.js';
import { memoryUse } from '../measure/process-usage.js';
import { measureRequests, type RequestCost } from '../measure/request-cost.js';
import { median, pairedRatio, percentile } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import { atMost, type BenchContext, type Measured, type Suite } from '../suite.js';
import { createTable } from '../table.js';
import { buildLimitProgram } from './limit-program.js';

const ENGINES = [...(findNativeProblem() ? [] : ['native']), 'wasm', 'openssl'];
const THREADS = availableParallelism();
/** The slots of a full group. */
export const STRETCH_THREAD_MIB = 4 * SLOT_MIB;
const LIMIT = 'limit program';

/** The limit program has only `cpuMs`. */
type Sample = Pick<RequestCost, 'cpuMs'> & Partial<RequestCost>;

interface Contender {
  engine: string;
  load: string;
  clients: number;
  measure(): Promise<Sample>;
}

type Result = Contender & { samples: Sample[] };

export const login: Suite = {
  name: 'login',
  title: 'Raw logins',
  async run({ quick, report }: BenchContext) {
    report('raw logins: building the limit program, starting a server for each engine');
    const limits = await createLimitContenders(quick ? 3 : 6);
    // A slow engine refuses no login.
    const settings = { STRETCH_MAX_WAIT: '120' };
    const servers = await Promise.all(
      ENGINES.map((engine) => startServer({ settings: { ...settings, STRETCH_ENGINE: engine } })),
    );
    const contenders = await Promise.all(
      servers.map((server, i) => createContenders(server, ENGINES[i] as string, quick ? 4 : 8)),
    );
    const rounds = { what: 'raw logins', rounds: quick ? 2 : 4, warmUps: 0, report };
    const results = await interleave([...limits, ...contenders.flat()], ({ measure }) => measure(), rounds);
    const { peakMib } = memoryUse((servers[0] as ServerProcess).pid);
    return describe(results, limits.length, peakMib - THREADS * STRETCH_THREAD_MIB);
  },
};

/** One thread with one password, and every thread with a full group. Empty without a C compiler. */
async function createLimitContenders(rounds: number): Promise<Contender[]> {
  const stretch = await buildLimitProgram();
  if (!stretch) return [];
  const contender = (load: string, clients: number, threads: number, group: number): Contender => ({
    engine: LIMIT,
    load,
    clients,
    measure: async () => ({ cpuMs: await stretch(threads, group, rounds) }),
  });
  return [
    contender('one thread, one password', 1, 1, 1),
    contender(`${THREADS} threads, groups of four`, 8, THREADS, 4),
  ];
}

async function createContenders(
  server: ServerProcess,
  engine: string,
  repeats: number,
): Promise<Contender[]> {
  const accounts = await createMany(8, () => createRawAccount(server));
  const contender = (load: string, clients: number, count: number): Contender => {
    const sender = new Sender(server.url, clients);
    const logins = Array.from({ length: count }, (_, i) => rawLogin(accounts[i % 8] as RawAccount));
    const measure = async () => (await measureRequests(server, sender, logins, 2 * clients)).cost;
    return { engine, load, clients, measure };
  };
  // Two requests of each client are warm-up; the last one of each may run alone.
  return [
    contender('one at a time', 1, 2 + 2 * repeats),
    contender('eight at once', 8, 16 + 8 * repeats + 7),
  ];
}

function describe(results: Result[], limitCount: number, besideStretchingMib: number): Measured {
  const each = ({ samples }: Result, figure: keyof RequestCost) =>
    samples.flatMap((sample) => sample[figure] ?? []);
  const orNull = (values: number[], summarize: (values: number[]) => number) =>
    values.length > 0 ? summarize(values) : null;
  const limits = results.slice(0, limitCount);
  const overLimit = (result: Result) => {
    const limit = limits.find(({ clients }) => clients === result.clients);
    return limit ? pairedRatio(each(result, 'cpuMs'), each(limit, 'cpuMs')) : null;
  };
  const [alone, loaded] = results.slice(limitCount) as [Result, Result];
  const check = (result: Result, goal: number) =>
    atMost(`raw login, ${result.load}: server ÷ limit program, CPU`, overLimit(result) as number, goal, '×');
  const checkLatency = (lone: Result) =>
    atMost(
      `raw login, ${alone.load}: p50 beyond the limit program`,
      median(each(alone, 'latenciesMs')) - median(each(lone, 'cpuMs')),
      10,
      'ms',
    );
  return {
    sections: [
      {
        title: 'POST /v1/raw_password/session/create',
        method:
          `A server process for each engine, default settings without limits. Medians of ${alone.samples.length} interleaved ` +
          'rounds. CPU is of all threads of the server. The limit program is the native kernel compiled for this processor, ' +
          'without Node, queue, HTTP and database.',
        table: createTable(results, [
          ['engine', ({ engine }) => engine],
          ['load', ({ load }) => load],
          ['logins/s', (result) => orNull(each(result, 'perSecond'), median), 2],
          ['CPU ms/login', (result) => median(each(result, 'cpuMs'))],
          ['× limit, CPU', overLimit, 2],
          ['p50 ms', (result) => orNull(each(result, 'latenciesMs'), median)],
          ['p99 ms', (result) => orNull(each(result, 'latenciesMs'), (values) => percentile(values, 99))],
        ]),
        chart: {
          title: 'CPU of one raw login',
          valueLabel: 'CPU ms of the whole server (shorter is better)',
          bars: results.map((result) => ({
            label: `${result.engine}, ${result.load}`,
            value: median(each(result, 'cpuMs')),
            highlight: result.engine !== LIMIT,
          })),
        },
      },
    ],
    checks: limits[0] ? [check(loaded, 1.4), check(alone, 1.35), checkLatency(limits[0])] : [],
    figures: {
      'raw login eight at once, CPU ms': median(each(loaded, 'cpuMs')),
      'raw login, event loop ms': median(each(loaded, 'loopMs')),
      'memory beside stretching, MiB': besideStretchingMib,
    },
  };
}
