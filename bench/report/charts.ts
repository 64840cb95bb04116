import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Chart } from '../suite.js';

/** Approximate width of a character, in px. */
const CHARACTER_WIDTH = 6.6;

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** Its colours are those of report/style.ts. */
export function drawChart({ bars, valueLabel }: Chart): string {
  const labels = bars.map(({ label }) => label);
  return Plot.plot({
    // Plot uses few methods of the document, which linkedom has, with other types.
    document: document as never,
    className: 'plot',
    width: 600,
    height: 60 + 30 * bars.length,
    marginLeft: 16 + CHARACTER_WIDTH * Math.max(...labels.map((label) => label.length)),
    marginRight: 60,
    marginBottom: 42,
    style: { background: 'none', fontSize: '12px' },
    x: { label: valueLabel, grid: true, zero: true, labelAnchor: 'left', labelArrow: 'none', ticks: 6 },
    y: { label: null, domain: labels, padding: 0.25, tickSize: 0 },
    marks: [
      Plot.barX(bars, {
        x: 'value',
        y: 'label',
        fill: ({ highlight }) => (highlight ? 'var(--own)' : 'var(--other)'),
        rx: 2,
      }),
      Plot.text(bars, {
        x: 'value',
        y: 'label',
        text: ({ value }) => value.toFixed(value < 100 ? 1 : 0),
        textAnchor: 'start',
        dx: 6,
        fontWeight: 600,
      }),
      Plot.ruleX([0]),
    ],
  }).outerHTML;
}
