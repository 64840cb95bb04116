import t from 'tap';
import { describeMachine } from '../../../bench/machine.js';
import type { SuiteResult } from '../../../bench/results.js';
import { computeNeeds, TARGET_UTILISATION } from '../../../bench/scale/needs.js';
import { computeScale } from '../../../bench/scale/scale.js';

const COST = {
  name: 'raw login',
  serverCpuMs: 70,
  eventLoopMs: 1.4,
  stretches: true,
};

const FIGURES = {
  login: {
    'raw login eight at once, CPU ms': 70,
    'raw login, event loop ms': 1.4,
    'memory beside stretching, MiB': 140,
  },
  endpoints: { 'SRP login, CPU ms': 2.6, 'SRP login, event loop ms': 1.3 },
};

t.test('needs follow from the cost of a login', async (t) => {
  const needs = computeNeeds(COST, 100, 140);
  t.equal(TARGET_UTILISATION, 0.7);
  t.equal(needs.serverCores, 10);
  t.equal(needs.processes, 1);
  t.equal(needs.memoryGib, (needs.serverCores * 256 + 140) / 1024);
});

t.test('cores and processes are whole numbers', async (t) => {
  const needs = computeNeeds(COST, 1, 140);
  t.same([needs.serverCores, needs.processes], [1, 1]);
});

t.test('an SRP login needs no stretch memory', async (t) => {
  t.equal(computeNeeds({ ...COST, stretches: false }, 1, 512).memoryGib, 0.5);
});

t.test('scale names the suites that were not measured', async (t) => {
  t.throws(() => computeScale(toResults({ login: {} })), {
    message: 'scale needs figures of endpoints: run those first',
  });
});

t.test('scale has a row for every rate of both logins', async (t) => {
  const rows = computeScale(toResults(FIGURES)).sections[0]?.table.rows;
  t.same(rows?.[2]?.slice(0, 3), ['raw login', 10_000, 1000]);
  t.same(rows?.[4]?.slice(0, 4), ['SRP login', 100, 1, 1]);
});

function toResults(figures: Record<string, Record<string, number>>): Map<string, SuiteResult> {
  const result = {
    title: '',
    startedAt: '',
    durationSeconds: 0,
    quick: false,
    machine: describeMachine(),
    neighbours: undefined,
    sections: [],
    checks: [],
  };
  return new Map(
    Object.entries(figures).map(([suite, values]) => [suite, { ...result, suite, figures: values }]),
  );
}
