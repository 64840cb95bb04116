import { availableParallelism } from 'node:os';
import { bandwidthGib, measureStretches, shareKept } from '../../server/admin/capacity/measurement.js';
import { findNativeProblem } from '../../workers/kernel/load-native.js';
import { STRETCH_THREAD_MIB } from '../login/login.js';
import type { BenchContext, Measured, Section, Suite, SuiteResult } from '../suite.js';
import { createTable } from '../table.js';

const RATES = [1, 100, 10_000];
/** Maximum mean utilisation of a core or an event loop. The rest is for peaks within a second. */
const TARGET_UTILISATION = 0.7;
const SOURCES = ['login', 'endpoints'];

export const scale: Suite = {
  name: 'scale',
  title: 'At scale',
  async run({ earlier, report }: BenchContext) {
    const needs = computeScale(earlier);
    report(`scale: stretching on one thread and on ${availableParallelism()}`);
    return { ...needs, sections: [await measureThreads(), ...needs.sections] };
  },
};

/** @throws Error that names the suites to run first */
export function computeScale(results: ReadonlyMap<string, SuiteResult>): Measured {
  const missing = SOURCES.filter((source) => !results.has(source));
  if (missing.length > 0) throw new Error(`scale needs figures of ${missing.join(', ')}: run those first`);
  const figures = Object.assign({}, ...SOURCES.map((source) => results.get(source)?.figures));
  const besideStretchingMib = figures['memory beside stretching, MiB'];
  const rows = [
    {
      name: 'raw login',
      cpu: 'raw login eight at once, CPU ms',
      loop: 'raw login, event loop ms',
      stretchMib: STRETCH_THREAD_MIB,
    },
    { name: 'SRP login', cpu: 'SRP login, CPU ms', loop: 'SRP login, event loop ms', stretchMib: 0 },
  ].flatMap(({ name, cpu, loop, stretchMib }) =>
    RATES.map((rate) => {
      const cores = countCores(rate, figures[cpu]);
      // A process has one event loop.
      const processes = countCores(rate, figures[loop]);
      const memoryGib = (cores * stretchMib + processes * besideStretchingMib) / 1024;
      const bandwidth = stretchMib > 0 ? bandwidthGib({ perSecond: rate }) : 0;
      return { name, rate, cores, processes, memoryGib, bandwidth };
    }),
  );
  return {
    sections: [
      {
        title: 'Hardware for 1, 100 and 10,000 logins a second',
        method:
          `From the CPU of a login on the measured machine with all ${availableParallelism()} cores stretching, cores and event ` +
          `loops ${Math.round(100 * TARGET_UTILISATION)} % busy. Memory: ${STRETCH_THREAD_MIB} MiB for each core that stretches and ` +
          `${Math.round(besideStretchingMib)} MiB for each process. Bandwidth: what stretching moves through memory, ` +
          'at least. On machines with many cores it can bind before the cores do; compare it with the table above.',
        table: createTable(rows, [
          ['logins', ({ name }) => name],
          ['a second', ({ rate }) => rate, 0],
          ['cores', ({ cores }) => cores, 0],
          ['processes', ({ processes }) => processes, 0],
          ['memory GiB', ({ memoryGib }) => memoryGib],
          ['bandwidth GiB/s', ({ bandwidth }) => bandwidth],
        ]),
      },
    ],
    checks: [],
  };
}

function countCores(loginsPerSecond: number, cpuMs: number): number {
  // Rounding errors must not turn one fully used core into two.
  return Math.max(1, Math.ceil((loginsPerSecond * cpuMs) / 1000 / TARGET_UTILISATION - 1e-9));
}

/** Measures how much stretching threads slow each other down: they share the memory's bandwidth. */
async function measureThreads(): Promise<Section> {
  const cores = availableParallelism();
  const wanted = findNativeProblem() ? 'wasm' : 'native';
  const measured = await measureStretches(wanted, cores, STRETCH_THREAD_MIB * cores, 0);
  const { engine, threads, alone, together } = measured;
  const rows = [
    { count: 1, throughput: alone, kept: 1 },
    { count: threads, throughput: together, kept: shareKept(measured) },
  ];
  return {
    title: 'One thread alone and all threads together',
    method:
      `Full batches on the ${engine} engine. Each stretch moves at least 128 MiB through memory; on many cores the ` +
      'bandwidth binds before the arithmetic does.',
    table: createTable(rows, [
      ['threads', ({ count }) => count, 0],
      ['stretches/s', ({ throughput }) => throughput.perSecond],
      ['speed kept %', ({ kept }) => 100 * kept, 0],
      ['bandwidth GiB/s, at least', ({ throughput }) => bandwidthGib(throughput)],
    ]),
  };
}
