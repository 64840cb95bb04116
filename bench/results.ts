import type { Machine } from './machine.js';

/** The results of a suite: stored as JSON, printed as tables and drawn in the report. */
export interface SuiteResult {
  /** The suite's name on the command line. */
  suite: string;
  title: string;
  /** ISO 8601. */
  startedAt: string;
  durationSeconds: number;
  /** Whether it ran with fewer rounds, for a rough figure. */
  quick: boolean;
  machine: Machine;
  /** CPU use of other processes during the run. */
  neighbours: { otherCores: number; stolenCores: number } | undefined;
  sections: Section[];
  checks: Check[];
  /** Numbers for other suites, by name. The name ends with the unit. */
  figures: Record<string, number>;
}

/** One measurement with its tables and charts. */
export interface Section {
  title: string;
  /** Description of the method, in sentences. */
  method: string;
  table: Table;
  charts: Chart[];
}

export interface Table {
  columns: Column[];
  rows: Cell[][];
}

export interface Column {
  heading: string;
  /** Number of decimal places (default 1). */
  digits?: number;
}

/** Numbers are formatted by their column. `null` is an empty cell. */
export type Cell = string | number | null;

/** Data of a chart, see report/charts.ts. Colours follow the order of the series. */
export type Chart = BarChart | LineChart | DistributionChart;

export interface BarChart {
  kind: 'bars';
  title: string;
  /** Meaning of a bar's length, with its unit. */
  valueLabel: string;
  /** `highlight` marks this server's bars. */
  bars: { label: string; value: number; highlight: boolean }[];
}

export interface LineChart {
  kind: 'lines';
  title: string;
  xLabel: string;
  yLabel: string;
  series: { name: string; points: [x: number, y: number][] }[];
}

export interface DistributionChart {
  kind: 'distribution';
  title: string;
  valueLabel: string;
  /** Values at the percentiles of {@link PERCENTILES}. */
  series: { name: string; values: number[] }[];
}

/** The percentiles of a chart, closer together towards the tail. */
export const PERCENTILES = [
  0, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 98.5, 99, 99.5, 99.9, 100,
];

/** A figure with a goal. */
export interface Check {
  what: string;
  measured: number;
  bound: 'at least' | 'at most';
  goal: number;
  unit: string;
}

/** Returns whether a figure meets its goal. */
export function isMet({ measured, bound, goal }: Check): boolean {
  return bound === 'at least' ? measured >= goal : measured <= goal;
}
