import type { Machine } from './machine.js';

/** What a suite hands back, as it is kept in a JSON file, printed as tables and drawn in the report. */
export interface SuiteResult {
  /** The suite's name on the command line. */
  suite: string;
  title: string;
  /** ISO 8601. */
  startedAt: string;
  durationSeconds: number;
  /** Whether it ran with fewer rounds; such figures are a first look. */
  quick: boolean;
  machine: Machine;
  /** What other processes did meanwhile; see measure/neighbours.ts. */
  neighbours: { otherCores: number; stolenCores: number } | undefined;
  sections: Section[];
  checks: Check[];
  /** Numbers that other suites compute with, by name; the unit is the end of the name. */
  figures: Record<string, number>;
}

/** One question and its answer. */
export interface Section {
  title: string;
  /** How it was measured, in sentences. */
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
  /** Digits after the point, for numbers (default 1). */
  digits?: number;
}

/** Numbers are formatted by their column; `null` is a cell with nothing to say. */
export type Cell = string | number | null;

/** A plot, as data: report/charts.ts draws it. Colours follow the order of the series. */
export type Chart = BarChart | LineChart | DistributionChart;

export interface BarChart {
  kind: 'bars';
  title: string;
  /** What the length of a bar means, with its unit. */
  valueLabel: string;
  /** `highlight` is this server's own; the others are what it is compared with. */
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

/** The percentiles at which a distribution is drawn: closer together towards the tail. */
export const PERCENTILES = [
  0, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 98.5, 99, 99.5, 99.9, 100,
];

/** A figure with a promise to keep. */
export interface Check {
  what: string;
  measured: number;
  bound: 'at least' | 'at most';
  goal: number;
  unit: string;
}

/** Whether a check's promise is kept. */
export function isMet({ measured, bound, goal }: Check): boolean {
  return bound === 'at least' ? measured >= goal : measured <= goal;
}
