import t from 'tap';
import { describeMachine } from '../../../bench/machine.js';
import { computeScale } from '../../../bench/scale/scale.js';
import type { SuiteResult } from '../../../bench/suite.js';

const FIGURES = {
  login: {
    'raw login eight at once, CPU ms': 70,
    'raw login, event loop ms': 1.4,
    'memory beside stretching, MiB': 140,
  },
  endpoints: { 'SRP login, CPU ms': 2.6, 'SRP login, event loop ms': 1.3 },
};

t.test('scale names the suites that were not measured', async (t) => {
  t.throws(() => computeScale(toResults({ login: {} })), {
    message: 'scale needs figures of endpoints: run those first',
  });
});

t.test('cores, processes, memory and bandwidth follow from the cost of a login', async (t) => {
  const [needs] = computeScale(toResults(FIGURES)).sections;
  const gib = (cores: number, processes: number) => (256 * cores + 140 * processes) / 1024;
  t.same(needs?.table.rows, [
    ['raw login', 1, 1, 1, gib(1, 1), 0.125],
    ['raw login', 100, 10, 1, gib(10, 1), 12.5],
    ['raw login', 10_000, 1000, 20, gib(1000, 20), 1250],
    ['SRP login', 1, 1, 1, gib(0, 1), 0],
    ['SRP login', 100, 1, 1, gib(0, 1), 0],
    ['SRP login', 10_000, 38, 19, gib(0, 19), 0],
  ]);
});

function toResults(figures: Record<string, Record<string, number>>): Map<string, SuiteResult> {
  const result = {
    title: '',
    startedAt: '',
    durationSeconds: 0,
    quick: false,
    machine: describeMachine(),
    neighbours: '',
    sections: [],
    checks: [],
  };
  return new Map(
    Object.entries(figures).map(([suite, values]) => [suite, { ...result, suite, figures: values }]),
  );
}
