import { availableParallelism } from 'node:os';
import {
  bandwidthGib,
  measureStretches,
  type StretchMeasurement,
  shareKept,
} from '../../server/admin/capacity/measurement.js';
import type { Section, SuiteResult } from '../results.js';
import type { BenchContext, Measured, Suite } from '../suite.js';
import { computeNeeds, type LoginCost, TARGET_UTILISATION } from './needs.js';

const RATES = [1, 100, 10_000];
/** The suites that provide the figures. */
const SOURCES = ['login', 'endpoints'];

/** Hardware for more logins, computed from the figures of other suites. */
export const scale: Suite = {
  name: 'scale',
  title: 'At scale',
  async run({ earlier, progress }: BenchContext) {
    const needs = computeScale(earlier);
    const threads = availableParallelism();
    progress.step(`scale: stretching on one thread and on ${threads}`);
    const measured = await measureStretches('native', threads, 256 * threads, 0);
    return { ...needs, sections: [describeThreads(measured), ...needs.sections] };
  },
};

/** @throws Error that names the suites to run first */
export function computeScale(results: ReadonlyMap<string, SuiteResult>): Measured {
  const missing = SOURCES.filter((source) => !results.has(source));
  if (missing.length > 0) throw new Error(`scale needs figures of ${missing.join(', ')}: run those first`);
  const figures = Object.assign({}, ...SOURCES.map((source) => results.get(source)?.figures));
  const figure = (name: string): number => {
    if (typeof figures[name] !== 'number')
      throw new Error(`no figure “${name}”: run ${SOURCES.join(', ')} again`);
    return figures[name];
  };
  const costs: LoginCost[] = [
    {
      name: 'raw login',
      serverCpuMs: figure('raw login eight at once, CPU ms'),
      eventLoopMs: figure('raw login, event loop ms'),
      stretches: true,
    },
    {
      name: 'SRP login',
      serverCpuMs: figure('SRP login, CPU ms'),
      eventLoopMs: figure('SRP login, event loop ms'),
      stretches: false,
    },
  ];
  const besideStretchingMib = figure('memory beside stretching, MiB');
  return {
    sections: [
      {
        title: 'Hardware for 1, 100 and 10,000 logins a second',
        method:
          `From the CPU of a login on the measured machine with all ${availableParallelism()} cores stretching, cores and event ` +
          `loops ${Math.round(100 * TARGET_UTILISATION)} % busy. Memory: 256 MiB for each core that stretches and ` +
          `${Math.round(besideStretchingMib)} MiB for each process. On machines with more cores the memory bandwidth can bind ` +
          'before the cores do: `admin capacity` measures it.',
        table: {
          columns: [
            { heading: 'logins' },
            { heading: 'a second', digits: 0 },
            { heading: 'cores', digits: 0 },
            { heading: 'processes', digits: 0 },
            { heading: 'memory GiB', digits: 1 },
          ],
          rows: costs.flatMap((cost) =>
            RATES.map((rate) => {
              const { serverCores, processes, memoryGib } = computeNeeds(cost, rate, besideStretchingMib);
              return [cost.name, rate, serverCores, processes, memoryGib];
            }),
          ),
        },
        charts: [],
      },
    ],
    checks: [],
    figures: {},
  };
}

/** How much stretching threads slow each other down: they share the memory's bandwidth. */
function describeThreads(measured: StretchMeasurement): Section {
  const { engine, threads, alone, together } = measured;
  const kept = 100 * shareKept(measured);
  return {
    title: 'One thread alone and all threads together',
    method:
      `Full batches on the ${engine} engine. Each stretch moves at least 128 MiB through memory; on many cores the ` +
      'bandwidth binds before the arithmetic does.',
    table: {
      columns: [
        { heading: 'threads', digits: 0 },
        { heading: 'stretches/s', digits: 1 },
        { heading: 'speed kept %', digits: 0 },
        { heading: 'bandwidth GiB/s, at least', digits: 1 },
      ],
      rows: [
        [1, alone.perSecond, 100, bandwidthGib(alone)],
        [threads, together.perSecond, kept, bandwidthGib(together)],
      ],
    },
    charts: [],
  };
}
