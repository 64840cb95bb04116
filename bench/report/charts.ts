import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import {
  type BarChart,
  type Chart,
  type DistributionChart,
  type LineChart,
  PERCENTILES,
} from '../results.js';
import { formatNumber } from '../text-table.js';

const WIDTH = 600;
const FONT_SIZE = 12;
/** Approximate width of a character at that size. */
const CHARACTER_WIDTH = 6.6;
/** Colours of the page (report/style.ts), which follow light and dark mode. */
const SERIES_COLOURS = Array.from({ length: 6 }, (_, i) => `var(--series-${i + 1})`);

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** Draws a chart as HTML: an SVG, and a legend for several series. */
export function drawChart(chart: Chart): string {
  switch (chart.kind) {
    case 'bars':
      return drawBars(chart);
    case 'lines':
      return drawLines(chart);
    case 'distribution':
      return drawDistribution(chart);
  }
}

function plot(options: Plot.PlotOptions): string {
  return Plot.plot({
    document: document as never,
    className: 'plot',
    width: WIDTH,
    style: { background: 'none', fontSize: `${FONT_SIZE}px` },
    ...options,
  }).outerHTML;
}

function drawBars({ bars, valueLabel }: BarChart): string {
  const labels = bars.map(({ label }) => label);
  return plot({
    height: 60 + 30 * bars.length,
    marginLeft: 16 + CHARACTER_WIDTH * Math.max(...labels.map((label) => label.length)),
    marginRight: 60,
    marginBottom: 42,
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
        text: ({ value }) => formatSignificant(value),
        textAnchor: 'start',
        dx: 6,
        fontWeight: 600,
      }),
      Plot.ruleX([0]),
    ],
  });
}

function drawLines({ series, xLabel, yLabel }: LineChart): string {
  const points = series.flatMap(({ name, points }) => points.map(([x, y]) => ({ name, x, y })));
  const ticks = [...new Set(points.map(({ x }) => x))];
  return plot({
    height: 340,
    marginLeft: 56,
    marginBottom: 44,
    marginTop: 28,
    x: { label: xLabel, ticks, tickFormat: String, type: 'log', base: 2, labelArrow: 'none' },
    y: { label: yLabel, grid: true, zero: true, nice: true, labelArrow: 'none' },
    color: colourScale(series.map(({ name }) => name)),
    marks: [
      Plot.ruleY([0]),
      Plot.line(points, { x: 'x', y: 'y', stroke: 'name', strokeWidth: 2.25 }),
      Plot.dot(points, {
        x: 'x',
        y: 'y',
        fill: 'name',
        r: 4,
        title: ({ name, x, y }) => `${name}\n${xLabel}: ${x}\n${yLabel}: ${formatSignificant(y)}`,
      }),
    ],
  });
}

/** Position of a percentile on a logarithmic scale: 90, 99 and 99.9 are equidistant, 100 follows them. */
function percentilePlace(percentile: number): number {
  return percentile === 100 ? 3.4 : -Math.log10(1 - percentile / 100);
}

const PERCENTILE_TICKS = [0, 50, 75, 90, 95, 99, 99.9, 100];

function drawDistribution({ series, valueLabel }: DistributionChart): string {
  const points = series.flatMap(({ name, values }) =>
    values.map((value, i) => ({ name, percentile: PERCENTILES[i] as number, value: Math.max(value, 1e-3) })),
  );
  const label = (percentile: number) => (percentile === 100 ? 'max' : `p${percentile}`);
  return plot({
    height: 360,
    marginLeft: 60,
    marginBottom: 44,
    marginTop: 28,
    x: {
      label: 'percentile',
      labelArrow: 'none',
      ticks: PERCENTILE_TICKS.map(percentilePlace),
      tickFormat: (place: number) =>
        label(PERCENTILE_TICKS.find((percentile) => percentilePlace(percentile) === place) as number),
    },
    y: {
      label: valueLabel,
      type: 'log',
      grid: true,
      nice: true,
      labelArrow: 'none',
      tickFormat: formatSignificant,
      ticks: 6,
      tickSize: 0,
    },
    color: colourScale(series.map(({ name }) => name)),
    marks: [
      Plot.line(points, {
        x: ({ percentile }) => percentilePlace(percentile),
        y: 'value',
        stroke: 'name',
        strokeWidth: 2.25,
        curve: 'monotone-x',
      }),
      Plot.dot(
        points.filter(({ percentile }) => PERCENTILE_TICKS.includes(percentile)),
        {
          x: ({ percentile }) => percentilePlace(percentile),
          y: 'value',
          fill: 'name',
          r: 3.5,
          title: ({ name, percentile, value }) =>
            `${name}\n${label(percentile)}: ${formatSignificant(value)}`,
        },
      ),
    ],
  });
}

function colourScale(names: string[]): Plot.ScaleOptions {
  return { domain: names, range: SERIES_COLOURS.slice(0, names.length), legend: names.length > 1 };
}

/** Formats a number with three significant digits, or all integer digits. */
function formatSignificant(value: number): string {
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return formatNumber(value, Math.max(0, 2 - magnitude))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}
