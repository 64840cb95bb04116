import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createMany, createRawAccount, type RawAccount } from '../load/accounts.js';
import { postJson } from '../load/requests.js';
import { Sender } from '../load/sender.js';
import { type LoopMeasurement, measureClosedLoop } from '../measure/closed-loop.js';
import { cpuTimeMs } from '../measure/own-cpu-time.js';
import { firstThreadCpuSeconds } from '../measure/process-usage.js';
import { median, pairedRatio, percentile, percentileCurve } from '../measure/statistics.js';
import type { Cell, Section } from '../results.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import { stretchBare } from '../stretch/bare-stretch.js';
import type { BenchContext, Measured } from '../suite.js';

const ENGINES = ['wasm', 'openssl'] as const;
const LOADS = [
  { clients: 1, name: 'one at a time' },
  { clients: 8, name: 'eight at once' },
] as const;
const ACCOUNTS = 8;
/** What a thread of the wasm engine holds from its first pair on. */
const STRETCH_THREAD_MIB = 128;

interface Target {
  engine: (typeof ENGINES)[number];
  server: ServerProcess;
  sender: Sender;
  accounts: RawAccount[];
}

interface Contender {
  name: string;
  target: Target;
  load: (typeof LOADS)[number];
  rounds: LoopMeasurement[];
  /** CPU ms of the event loop's thread for each login, a round each. */
  loopMs: number[];
}

/** Whole raw-password logins over HTTP: both engines in turns, and the bare stretching of node:crypto. */
export async function measureRawLogins({ quick, progress }: BenchContext): Promise<Measured> {
  progress.step('raw logins: starting a server for each engine');
  const targets = await Promise.all(ENGINES.map(createTarget));
  const contenders: Contender[] = targets.flatMap((target) =>
    LOADS.map((load) => ({ name: `${target.engine}, ${load.name}`, target, load, rounds: [], loopMs: [] })),
  );
  const bareCpuMs: number[] = [];
  const rounds = quick ? 2 : 7;
  for (let round = 1; round <= rounds; round++) {
    progress.step(`raw logins: round ${round} of ${rounds}`);
    bareCpuMs.push(measureBare(quick ? 3 : 5));
    for (const [i, contender] of contenders.entries()) {
      progress.at(i + 1, contenders.length + 1);
      await runLogins(contender, quick);
    }
  }
  const peakMib = (targets[0] as Target).server.memory().peakMib;
  for (const { server, sender } of targets) {
    sender.close();
    await server.stop();
  }
  const measured = describe(contenders, bareCpuMs, rounds);
  const besideStretchingMib = peakMib - availableParallelism() * STRETCH_THREAD_MIB;
  return {
    ...measured,
    figures: { ...measured.figures, 'memory beside stretching, MiB': besideStretchingMib },
  };
}

async function createTarget(engine: Target['engine']): Promise<Target> {
  const server = await startServer({ settings: { STRETCH_ENGINE: engine } });
  const accounts = await createMany(ACCOUNTS, () => createRawAccount(server));
  return { engine, server, sender: new Sender(server.url, 8), accounts };
}

/** CPU ms of one bare stretch in this process. */
function measureBare(times: number): number {
  const email = Buffer.from('me@example.com');
  stretchBare(email, randomBytes(16));
  const before = cpuTimeMs();
  for (let i = 0; i < times; i++) stretchBare(email, randomBytes(16));
  return (cpuTimeMs() - before) / times;
}

async function runLogins(contender: Contender, quick: boolean): Promise<void> {
  const {
    target: { server, sender, accounts },
    load: { clients },
  } = contender;
  const logins = accounts.map(({ emailHex, password }) =>
    postJson('/v1/raw_password/session/create', { email: emailHex, password }),
  );
  let sent = 0;
  const loopBefore = firstThreadCpuSeconds(server.pid);
  const round = await measureClosedLoop({
    clients,
    warmUps: clients,
    count: clients === 1 ? (quick ? 6 : 10) : quick ? 24 : 48,
    task: () => sender.sendOk(logins[sent++ % logins.length] as (typeof logins)[0]),
    cpuSeconds: server.cpuSeconds,
  });
  contender.rounds.push(round);
  contender.loopMs.push((1000 * (firstThreadCpuSeconds(server.pid) - loopBefore)) / sent);
}

const cpuMs = ({ cpuSeconds, done }: LoopMeasurement) => (1000 * cpuSeconds) / done;
const perSecond = ({ done, wallSeconds }: LoopMeasurement) => done / wallSeconds;
const middleLatency = ({ latenciesMs }: LoopMeasurement) => median(latenciesMs);

function describe(contenders: Contender[], bareCpuMs: number[], rounds: number): Measured {
  const find = (engine: string, clients: number) =>
    contenders.find(({ target, load }) => target.engine === engine && load.clients === clients) as Contender;
  const ratio = (a: Contender, b: Contender, figure: (loop: LoopMeasurement) => number) =>
    pairedRatio(a.rounds.map(figure), b.rounds.map(figure));
  const againstBare = (contender: Contender) => pairedRatio(bareCpuMs, contender.rounds.map(cpuMs));

  const [alone, loaded] = [find('wasm', 1), find('wasm', 8)];
  const [opensslAlone, opensslLoaded] = [find('openssl', 1), find('openssl', 8)];
  const rows = contenders.map((contender): Cell[] => {
    const latencies = contender.rounds.flatMap(({ latenciesMs }) => latenciesMs);
    const openssl = find('openssl', contender.load.clients);
    return [
      contender.target.engine,
      contender.load.name,
      median(contender.rounds.map(perSecond)),
      median(contender.rounds.map(cpuMs)),
      againstBare(contender),
      ratio(openssl, contender, cpuMs),
      percentile(latencies, 50),
      percentile(latencies, 99),
    ];
  });
  const bareRow: Cell[] = ['node:crypto bare', 'no server', null, median(bareCpuMs), 1, null, null, null];
  const check = (what: string, measured: number, goal: number) =>
    ({ what, measured, bound: 'at least', goal, unit: '×' }) as const;
  return {
    sections: [{ ...sectionText(rounds), ...draw(contenders, bareCpuMs, [bareRow, ...rows]) }],
    checks: [
      check('raw login one at a time: bare stretch ÷ server, CPU', againstBare(alone), 1.6),
      check('raw login, eight at once: bare stretch ÷ server, CPU', againstBare(loaded), 2.2),
      check('raw logins under load, a CPU second: wasm ÷ openssl', ratio(opensslLoaded, loaded, cpuMs), 2.4),
      check('latency of a lone raw login: openssl ÷ wasm', ratio(opensslAlone, alone, middleLatency), 1.6),
    ],
    figures: {
      'raw login one at a time, CPU ms': median(alone.rounds.map(cpuMs)),
      'raw login eight at once, CPU ms': median(loaded.rounds.map(cpuMs)),
      'raw login alone, latency ms': median(alone.rounds.map(middleLatency)),
      'raw login, event loop ms': median(loaded.loopMs),
      'bare stretch, CPU ms': median(bareCpuMs),
    },
  };
}

function sectionText(rounds: number): Pick<Section, 'title' | 'method'> {
  return {
    title: 'Raw logins: raw_password/session/create',
    method:
      'Whole logins over HTTP against servers in processes of their own, one for each engine, both of this ' +
      `checkout and with default settings but for rate limits. In turns, ${rounds} rounds, medians. CPU: all threads ` +
      'of the server process, user and system, from /proc. “Bare” is PBKDF2, scrypt and PBKDF2 of node:crypto ' +
      'and nothing else, in the same rounds.',
  };
}

function draw(
  contenders: Contender[],
  bareCpuMs: number[],
  rows: Cell[][],
): Pick<Section, 'table' | 'charts'> {
  return {
    table: {
      columns: [
        { heading: 'engine' },
        { heading: 'load' },
        { heading: 'logins/s', digits: 2 },
        { heading: 'CPU ms/login' },
        { heading: '× bare, CPU', digits: 2 },
        { heading: '× openssl, CPU', digits: 2 },
        { heading: 'p50 ms' },
        { heading: 'p99 ms' },
      ],
      rows,
    },
    charts: [
      {
        kind: 'bars',
        title: 'CPU of one raw login',
        valueLabel: 'CPU ms of the whole server (shorter is better)',
        bars: [
          { label: 'node:crypto bare, no server', value: median(bareCpuMs), highlight: false },
          ...contenders.toReversed().map(({ name, target, rounds }) => ({
            label: name,
            value: median(rounds.map(cpuMs)),
            highlight: target.engine === 'wasm',
          })),
        ],
      },
      {
        kind: 'distribution',
        title: 'Latency of raw logins',
        valueLabel: 'ms',
        series: contenders.map(({ name, rounds }) => ({
          name,
          values: percentileCurve(rounds.flatMap(({ latenciesMs }) => latenciesMs)),
        })),
      },
    ],
  };
}
