import t from 'tap';
import { describeMachine } from '../../bench/machine.js';
import { addProcessor, drawFigure, renderFigures } from '../../bench/readme.js';
import type { SuiteResult } from '../../bench/suite.js';

const suite = (sections: SuiteResult['sections']): SuiteResult => ({
  suite: 'example',
  title: 'Example',
  startedAt: '2024-01-02T03:04:05.000Z',
  durationSeconds: 1,
  quick: false,
  machine: { ...describeMachine(), CPU: 'Abacus (virtual machine)', Cores: '2', Node: '24.0.0 (V8 13.6)' },
  neighbours: '',
  sections,
  checks: [],
});
const table = (rows: SuiteResult['sections'][0]['table']['rows']) => ({
  columns: ['peer', 'what', 'CPU ms', '±', '×'].map((heading) => ({ heading, digits: 2 })),
  rows,
});
const stretch = suite([
  {
    title: 'One password',
    method: '',
    table: table([]),
    chart: {
      title: 'CPU',
      valueLabel: 'ms',
      bars: [
        { label: 'native', value: 40, highlight: true },
        { label: 'node:crypto', value: 250, highlight: false },
      ],
    },
  },
  {
    title: 'scrypt',
    method: '',
    table: table([
      ['node:crypto', 'C', 240, 1, 1],
      ['native, alone', 'C', 100, 1, 2.4],
      ['native, four in step', 'C', 40, 1, 6],
    ]),
  },
]);

t.test('a processor gets its rows, which replace its old ones; other processors keep theirs', async (t) => {
  const old = [
    '| processor | engine | Node | scrypt alone | four |',
    '| --- | --- | --- | --- | --- |',
    '| Abacus | native | 20.0.0 | 1.00 | 1.00 |',
    '| Abacus (larger) | wasm |  | 1.80 | 3.10 |',
    '| Slide rule | wasm |  | 1.90 | 3.20 |',
  ].join('\n');
  const rows = addProcessor(old, stretch).split('\n').slice(2);
  t.same(rows, [
    '| Abacus | native | 24.0.0 | 2.40 | 6.00 |',
    '| Abacus (larger) | wasm |  | 1.80 | 3.10 |',
    '| Slide rule | wasm |  | 1.90 | 3.20 |',
  ]);
});

t.test('the figures of README.md name the machine and show the table of logins', async (t) => {
  const login = suite([
    { title: 'Logins', method: '', table: table([['native', 'eight at once', 30.4, 1, 1]]) },
  ]);
  const markdown = renderFigures(stretch, login);
  t.match(markdown, 'Abacus');
  t.match(markdown, '| native | eight at once | 30.40 | 1.00 | 1.00 |');
  t.match(markdown, 'serves 15.2 raw logins a second on each core');
});

t.test('the figure is a standalone SVG file, light and dark', async (t) => {
  const svg = drawFigure(stretch);
  t.match(svg, /^<svg[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  t.match(svg, 'prefers-color-scheme: dark');
  t.match(svg, 'node:crypto');
  t.equal(svg.match(/<svg/g)?.length, 1);
});
