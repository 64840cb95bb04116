import type { Section, SubjectResult } from '../results.js';
import type { BenchContext, Measured, Subject } from '../subject.js';
import { computeNeeds, findBottlenecks, type LoginCost, TARGET_UTILISATION } from './needs.js';

const RATES = [1, 100, 10_000];
const PERCENT = Math.round(100 * TARGET_UTILISATION);
/** The subjects whose figures go in. */
const SOURCES = ['login', 'endpoints', 'profile', 'cluster'];

/** What more logins need: computed, from what the other subjects measured. */
export const scale: Subject = {
  name: 'scale',
  title: 'Where it goes at scale',
  async run({ earlier }: BenchContext) {
    return computeScale(earlier);
  },
};

/** @throws Error that names the subjects that have to be measured before */
export function computeScale(results: ReadonlyMap<string, SubjectResult>): Measured {
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
    sections: [describeNeeds(costs, besideStretchingMib), describeBottlenecks(costs)],
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
  const sum = (what: string) => login.reduce((total, name) => total + figure(`${name}, ${what}`), 0);
  return [
    {
      name: 'raw login',
      serverCpuMs: figure('raw login eight at once, CPU ms'),
      eventLoopMs: figure('raw login, event loop ms'),
      postgresCpuMs: figure('raw login over stores: PostgreSQL, CPU ms'),
      redisCpuMs: figure('raw login over stores: Redis, CPU ms'),
      sqlStatements: figure('raw_password/session/create, SQL statements'),
      redisRoundTrips: figure('raw_password/session/create, Redis round trips'),
      stretches: true,
    },
    {
      name: 'SRP login',
      serverCpuMs: sum('CPU ms'),
      eventLoopMs: figure('SRP login, event loop ms'),
      postgresCpuMs: figure('SRP login over stores: PostgreSQL, CPU ms'),
      redisCpuMs: figure('SRP login over stores: Redis, CPU ms'),
      sqlStatements: sum('SQL statements'),
      redisRoundTrips: sum('Redis round trips'),
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
        { heading: 'SQL/s', digits: 0 },
        { heading: 'PostgreSQL cores', digits: 0 },
        { heading: 'Redis trips/s', digits: 0 },
        { heading: 'Redis instances', digits: 0 },
      ],
      rows: costs.flatMap((cost) =>
        RATES.map((rate) => {
          const needs = computeNeeds(cost, rate, besideStretchingMib);
          return [
            cost.name,
            rate,
            needs.serverCores,
            needs.processes,
            needs.memoryGib,
            needs.sqlPerSecond,
            needs.postgresCores,
            needs.redisTripsPerSecond,
            needs.redisInstances,
          ];
        }),
      ),
    },
    charts: [],
  };
}

function describeBottlenecks(costs: LoginCost[]): Section {
  return {
    title: 'The next bottleneck',
    method:
      `Logins a second at which one of each part is ${PERCENT} % busy. The first line of each kind is what has to be multiplied ` +
      'first; the next one is where the bottleneck goes then.',
    table: {
      columns: [{ heading: 'logins' }, { heading: 'part' }, { heading: 'logins/s', digits: 0 }],
      rows: costs.flatMap((cost) =>
        findBottlenecks(cost).map(({ part, loginsPerSecond }) => [cost.name, part, loginsPerSecond]),
      ),
    },
    charts: [],
  };
}
