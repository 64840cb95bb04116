import { availableParallelism } from 'node:os';
import type { SuiteResult } from '../results.js';
import type { BenchContext, Measured, Suite } from '../suite.js';
import { computeNeeds, type LoginCost, TARGET_UTILISATION } from './needs.js';

const RATES = [1, 100, 10_000];
/** The suites that provide the figures. */
const SOURCES = ['login', 'endpoints'];

/** Hardware for more logins, computed from the figures of other suites. */
export const scale: Suite = {
  name: 'scale',
  title: 'At scale',
  async run({ earlier }: BenchContext) {
    return computeScale(earlier);
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
