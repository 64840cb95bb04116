import type { Section, SuiteResult } from '../results.js';
import type { BenchContext, Measured, Suite } from '../suite.js';
import { computeNeeds, type LoginCost, TARGET_UTILISATION } from './needs.js';

const RATES = [1, 100, 10_000];
const PERCENT = Math.round(100 * TARGET_UTILISATION);
/** The suites whose figures go in. */
const SOURCES = ['login', 'endpoints'];

/** What more logins need: computed, from what the other suites measured. */
export const scale: Suite = {
  name: 'scale',
  title: 'Where it goes at scale',
  async run({ earlier }: BenchContext) {
    return computeScale(earlier);
  },
};

/** @throws Error that names the suites that have to be measured before */
export function computeScale(results: ReadonlyMap<string, SuiteResult>): Measured {
  const missing = SOURCES.filter((source) => !results.has(source));
  if (missing.length > 0)
    throw new Error(`scale computes with figures of ${missing.join(', ')}: run those before`);
  const figures = Object.assign({}, ...SOURCES.map((source) => results.get(source)?.figures));
  const figure = (name: string): number => {
    const value = figures[name];
    if (typeof value !== 'number') throw new Error(`no figure “${name}”: run ${SOURCES.join(', ')} again`);
    return value;
  };
  const costs = readCosts(figure);
  const besideStretchingMib = figure('memory beside stretching, MiB');
  return {
    sections: [describeNeeds(costs, besideStretchingMib)],
    checks: [],
    figures: Object.fromEntries(
      costs.map((cost) => [
        `${cost.name}s a second for each core`,
        (1000 * TARGET_UTILISATION) / cost.serverCpuMs,
      ]),
    ),
  };
}

function readCosts(figure: (name: string) => number): LoginCost[] {
  const login = ['auth/start', 'auth/finish', 'session/create'];
  return [
    {
      name: 'raw login',
      serverCpuMs: figure('raw login eight at once, CPU ms'),
      eventLoopMs: figure('raw login, event loop ms'),
      stretches: true,
    },
    {
      name: 'SRP login',
      serverCpuMs: login.reduce((total, name) => total + figure(`${name}, CPU ms`), 0),
      eventLoopMs: figure('SRP login, event loop ms'),
      stretches: false,
    },
  ];
}

function describeNeeds(costs: LoginCost[], besideStretchingMib: number): Section {
  return {
    title: 'What 1, 100 and 10,000 logins a second need',
    method:
      `From the CPU that a login costs on the machine it was measured on, with cores and event loops ${PERCENT} % busy. ` +
      `Memory: 128 MiB for each core that stretches, ${Math.round(besideStretchingMib)} MiB for each process.`,
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
          const needs = computeNeeds(cost, rate, besideStretchingMib);
          return [cost.name, rate, needs.serverCores, needs.processes, needs.memoryGib];
        }),
      ),
    },
    charts: [],
  };
}
