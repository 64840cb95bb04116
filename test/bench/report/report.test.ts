import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { describeMachine } from '../../../bench/machine.js';
import { renderReport } from '../../../bench/report/report.js';
import { isMet, PERCENTILES, type SuiteResult } from '../../../bench/results.js';
import { readResults, writeResult } from '../../../bench/results-folder.js';
import { formatTable } from '../../../bench/text-table.js';

const RESULT: SuiteResult = {
  suite: 'example',
  title: 'An example',
  startedAt: '2024-01-02T03:04:05.000Z',
  durationSeconds: 12.3,
  quick: true,
  machine: describeMachine(),
  neighbours: { otherCores: 0.5, stolenCores: 0 },
  sections: [
    {
      title: 'Speed of <things>',
      method: 'With care.',
      table: {
        columns: [{ heading: 'thing' }, { heading: 'ms', digits: 2 }],
        rows: [
          ['slow & old', 1234.567],
          ['new', null],
        ],
      },
      charts: [
        {
          kind: 'bars',
          title: 'Bars',
          valueLabel: 'ms',
          bars: [{ label: 'a', value: 3, highlight: true }],
        },
        {
          kind: 'lines',
          title: 'Lines',
          xLabel: 'threads',
          yLabel: 'a second',
          series: [{ name: 'one', points: [[1, 2], [2, 4]] }], // biome-ignore format: pairs
        },
        {
          kind: 'distribution',
          title: 'Distribution',
          valueLabel: 'ms',
          series: [
            { name: 'fast', values: PERCENTILES.map((percentile) => 1 + percentile) },
            { name: 'still', values: PERCENTILES.map(() => 0) },
          ],
        },
      ],
    },
  ],
  checks: [{ what: 'Speed', measured: 2, bound: 'at least', goal: 3, unit: '×' }],
  figures: { 'thing, ms': 3 },
};

t.test('a report holds every table, plot and check, and loads nothing', async (t) => {
  const html = renderReport([RESULT], { goals: true });
  t.match(html, 'Speed of &lt;things&gt;');
  t.match(html, 'slow &amp; old');
  t.match(html, '1,234.57');
  t.match(html, /missed/);
  t.match(html, 'quick first look');
  t.equal(html.match(/<figcaption>/g)?.length, 3);
  t.notMatch(html, /NaN|undefined|<script|<link|src=|url\(|@import/);
});

t.test('a report shows goals only when asked', async (t) => {
  t.notMatch(renderReport([RESULT], { goals: false }), /<h2>Goals|class="missed"/);
});

t.test('figures of another machine say which', async (t) => {
  const machine = { ...RESULT.machine, cpu: 'Abacus' };
  t.match(renderReport([RESULT, { ...RESULT, suite: 'other', machine }], { goals: false }), 'On CPU Abacus');
});

t.test('results come back from their folder as they were written', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeResult(folder, RESULT);
  t.same((await readResults(folder)).get('example'), RESULT);
});

t.test('a folder that is not there holds no results', async (t) => {
  t.equal((await readResults('/nonexistent')).size, 0);
});

t.test('a table is aligned, its numbers to the right with their digits', async (t) => {
  const { table } = RESULT.sections[0] as SuiteResult['sections'][0];
  t.equal(
    formatTable(table),
    ['thing             ms', '──────────  ────────', 'slow & old  1,234.57', 'new'].join('\n'),
  );
});

t.test('a check is met on its bound', async (t) => {
  const check = { what: '', measured: 3, goal: 3, unit: '' };
  t.ok(isMet({ ...check, bound: 'at least' }) && isMet({ ...check, bound: 'at most' }));
  t.notOk(isMet({ ...check, bound: 'at least', measured: 2.99 }));
  t.notOk(isMet({ ...check, bound: 'at most', measured: 3.01 }));
});
