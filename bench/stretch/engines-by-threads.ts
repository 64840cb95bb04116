import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { STRETCH_ENGINES, type StretchEngineName } from '../../workers/messages.js';
import { Stretcher } from '../../workers/stretcher.js';
import { type LoopMeasurement, measureClosedLoop } from '../measure/closed-loop.js';
import { cpuTimeMs } from '../measure/own-cpu-time.js';
import { median, pairedRatio } from '../measure/statistics.js';
import type { Cell, Section } from '../results.js';
import type { BenchContext, Measured } from '../suite.js';

/** How stretches arrive: one for each thread, so that none ever waits, or more than the threads can take. */
interface Load {
  name: 'one at a time' | 'two at a time';
  clientsPerThread: number;
}

const ALONE: Load = { name: 'one at a time', clientsPerThread: 1 };
const QUEUED: Load = { name: 'two at a time', clientsPerThread: 4 };

interface Contender {
  engine: StretchEngineName;
  load: Load;
  /** Stretches a thread that are counted. */
  perThread: number;
}

/** Only `wasm` does something with a second password; scrypt-js is slow enough to be sure with fewer. */
const CONTENDERS: Contender[] = [
  { engine: 'wasm', load: QUEUED, perThread: 16 },
  { engine: 'wasm', load: ALONE, perThread: 12 },
  { engine: 'openssl', load: ALONE, perThread: 6 },
  { engine: 'scrypt-js', load: ALONE, perThread: 2 },
];

interface Timed {
  hashesPerSecond: number[];
  cpuMsPerHash: number[];
}

/** Whole stretches through the server's own stretcher: engines by load by number of threads. */
export async function measureEnginesByThreads(context: BenchContext): Promise<Measured> {
  const contenders = CONTENDERS.filter(({ engine }) => !(context.quick && engine === 'scrypt-js'));
  const rounds = context.quick ? 1 : 5;
  const threadCounts = chooseThreadCounts(context.quick);
  const byThreads = new Map<number, Map<Contender, Timed>>();
  for (const threads of threadCounts) {
    byThreads.set(threads, await measureThreads(context, contenders, threads, rounds));
  }
  const cores = availableParallelism();
  const atCores = byThreads.get(cores) as Map<Contender, Timed>;
  return {
    sections: [describe(byThreads, rounds)],
    checks: [],
    figures: Object.fromEntries(
      [...atCores].flatMap(([{ engine, load }, { hashesPerSecond, cpuMsPerHash }]) => [
        [`stretch ${engine}, ${load.name}, CPU ms`, median(cpuMsPerHash)],
        [`stretch ${engine}, ${load.name}, a second on ${cores} threads`, median(hashesPerSecond)],
      ]),
    ),
  };
}

/** 1, 2, 4 … up to twice the cores, and the cores themselves. */
function chooseThreadCounts(quick: boolean): number[] {
  const cores = availableParallelism();
  if (quick) return [...new Set([1, cores])];
  const powers = Array.from({ length: 12 }, (_, i) => 2 ** i).filter((threads) => threads <= 2 * cores);
  return [...new Set([...powers, cores])].sort((a, b) => a - b);
}

async function measureThreads(
  { progress }: BenchContext,
  contenders: Contender[],
  threads: number,
  rounds: number,
): Promise<Map<Contender, Timed>> {
  const stretchers = new Map(STRETCH_ENGINES.map((engine) => [engine, createStretcher(engine, threads)]));
  await Promise.all([...stretchers.values()].map((stretcher) => stretcher.ready()));
  const timed = new Map<Contender, Timed>(
    contenders.map((contender) => [contender, { hashesPerSecond: [], cpuMsPerHash: [] }]),
  );
  for (let round = 1; round <= rounds; round++) {
    progress.step(
      `whole stretches on ${threads} thread${threads > 1 ? 's' : ''}: round ${round} of ${rounds}`,
    );
    for (const [i, contender] of contenders.entries()) {
      progress.at(i, contenders.length);
      const stretcher = stretchers.get(contender.engine) as Stretcher;
      const { done, wallSeconds, cpuSeconds } = await runLoop(stretcher, contender, threads);
      timed.get(contender)?.hashesPerSecond.push(done / wallSeconds);
      timed.get(contender)?.cpuMsPerHash.push((1000 * cpuSeconds) / done);
    }
  }
  for (const stretcher of stretchers.values()) await stretcher.close();
  return timed;
}

function createStretcher(engine: StretchEngineName, threads: number): Stretcher {
  return new Stretcher({
    engine,
    threads,
    memoryMiB: 256 * threads,
    niceIncrement: 0,
  });
}

function runLoop(
  stretcher: Stretcher,
  { load, perThread }: Contender,
  threads: number,
): Promise<LoopMeasurement> {
  return measureClosedLoop({
    clients: load.clientsPerThread * threads,
    warmUps: 2 * load.clientsPerThread * threads,
    count: perThread * threads,
    cpuSeconds: () => cpuTimeMs() / 1000,
    task: (index) =>
      stretcher.stretch(
        {
          email: Buffer.from('me@example.com'),
          password: randomBytes(16),
          stretchingSalt: new Uint8Array(32),
          srpSalt: new Uint8Array(32),
        },
        { source: `source ${index}` },
      ),
  });
}

function describe(byThreads: Map<number, Map<Contender, Timed>>, rounds: number): Section {
  const rows: Cell[][] = [];
  for (const [threads, timed] of byThreads) {
    const openssl = [...timed].find(([{ engine }]) => engine === 'openssl')?.[1] as Timed;
    for (const [{ engine, load }, { hashesPerSecond, cpuMsPerHash }] of timed) {
      rows.push([
        engine,
        load.name,
        String(threads),
        median(hashesPerSecond),
        median(cpuMsPerHash),
        pairedRatio(hashesPerSecond, openssl.hashesPerSecond),
        pairedRatio(openssl.cpuMsPerHash, cpuMsPerHash),
      ]);
    }
  }
  const contenders = [...(byThreads.values().next().value as Map<Contender, Timed>).keys()];
  return {
    title: 'Whole stretches by engine and threads',
    method:
      'PBKDF2, scrypt, PBKDF2, then the SRP verifier, through the same queue and threads as in the server. ' +
      '“One at a time”: a stretch for each thread, so that none waits; “two at a time”: four for each thread, ' +
      `so that a freed thread finds two to interleave. Medians of ${rounds} round${rounds > 1 ? 's' : ''} in turns, ` +
      'ratios of the same round; CPU of all threads of the process.',
    table: {
      columns: [
        { heading: 'engine' },
        { heading: 'load' },
        { heading: 'threads' },
        { heading: 'stretches/s', digits: 2 },
        { heading: 'CPU ms each' },
        { heading: '× openssl, a second', digits: 2 },
        { heading: '× openssl, CPU', digits: 2 },
      ],
      rows,
    },
    charts: [
      {
        kind: 'lines',
        title: 'Throughput by threads',
        xLabel: 'stretch threads',
        yLabel: 'stretches a second',
        series: contenders.map((contender) => ({
          name: contender.engine === 'wasm' ? `wasm, ${contender.load.name}` : contender.engine,
          points: [...byThreads].map(([threads, timed]) => [
            threads,
            median(timed.get(contender)?.hashesPerSecond as number[]),
          ]),
        })),
      },
    ],
  };
}
