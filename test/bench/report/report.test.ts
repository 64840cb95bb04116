import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { describeMachine } from '../../../bench/machine.js';
import { renderReport } from '../../../bench/report/report.js';
import { isMet, readResults, type SuiteResult, writeResult } from '../../../bench/suite.js';
import { createTable, toText } from '../../../bench/table.js';

const RESULT: SuiteResult = {
  suite: 'example',
  title: 'An example',
  startedAt: '2024-01-02T03:04:05.000Z',
  durationSeconds: 12.3,
  quick: true,
  machine: describeMachine(),
  neighbours: 'Others were busy.',
  sections: [
    {
      title: 'Speed of <things>',
      method: 'With care.',
      table: {
        columns: [
          { heading: 'thing', digits: 1 },
          { heading: 'ms', digits: 2 },
        ],
        rows: [
          ['slow & old', 1234.567],
          ['new', null],
        ],
      },
      chart: { title: 'Bars', valueLabel: 'ms', bars: [{ label: 'a', value: 3, highlight: true }] },
    },
  ],
  checks: [{ what: 'Speed', measured: 2, bound: 'at least', goal: 3, unit: '×' }],
};

t.test('a report holds every table, plot and check, and loads nothing', async (t) => {
  const html = renderReport([RESULT], { goals: true });
  t.match(html, 'Speed of &lt;things&gt;');
  t.match(html, 'slow &amp; old');
  t.match(html, '1,234.57');
  t.match(html, /missed/);
  t.match(html, '12 s, quick');
  t.equal(html.match(/<figcaption>/g)?.length, 1);
  t.notMatch(html, /NaN|undefined|<script|<link|src=|url\(|@import/);
});

t.test('a report shows goals only when asked', async (t) => {
  t.notMatch(renderReport([RESULT], { goals: false }), /Goals|missed/);
});

t.test('figures of another machine say which', async (t) => {
  const machine = { ...RESULT.machine, CPU: 'Abacus' };
  t.match(renderReport([RESULT, { ...RESULT, suite: 'other', machine }], { goals: false }), 'CPU Abacus');
});

t.test('results come back from their folder as they were written', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeResult(folder, RESULT);
  t.same((await readResults(folder)).get('example'), RESULT);
});

t.test('a folder that is not there holds no results', async (t) => {
  t.equal((await readResults('/nonexistent')).size, 0);
});

t.test('a table is built from its rows, column by column', async (t) => {
  const rows = [{ name: 'a', ms: 1 }];
  const table = createTable(rows, [
    ['name', ({ name }) => name],
    ['ms', ({ ms }) => ms, 0],
  ]);
  t.equal(toText(table), ['name  ms', '────  ──', 'a      1'].join('\n'));
});

t.test('a table is aligned, its numbers to the right with their digits', async (t) => {
  const { table } = RESULT.sections[0] as SuiteResult['sections'][0];
  t.equal(
    toText(table),
    ['thing             ms', '──────────  ────────', 'slow & old  1,234.57', 'new'].join('\n'),
  );
});

t.test('a check is met on its bound', async (t) => {
  const check = { what: '', measured: 3, goal: 3, unit: '' };
  t.ok(isMet({ ...check, bound: 'at least' }) && isMet({ ...check, bound: 'at most' }));
  t.notOk(isMet({ ...check, bound: 'at least', measured: 2.99 }));
  t.notOk(isMet({ ...check, bound: 'at most', measured: 3.01 }));
});
