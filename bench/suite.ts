import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.js';
import { createTable, formatNumber, type Table } from './table.js';

/** A suite of the bench. */
export interface Suite {
  name: string;
  title: string;
  run(context: BenchContext): Promise<Measured>;
}

/** Options of a run. */
export interface BenchContext {
  /** Runs fewer rounds and smaller counts, for a rough figure within about a minute. */
  quick: boolean;
  /** Reports the start of a step on stderr, so that results on stdout can be piped. */
  report(step: string): void;
  /** Figures of the last runs of other suites. */
  earlier: ReadonlyMap<string, SuiteResult>;
}

/** What a suite measures. */
export interface Measured {
  sections: Section[];
  checks: Check[];
  /** Numbers for other suites, by name. The name ends with the unit. */
  figures?: Record<string, number>;
}

/** The results of a suite: stored as JSON, printed as tables and drawn in the report. */
export interface SuiteResult extends Measured {
  /** The suite's name on the command line. */
  suite: string;
  title: string;
  /** ISO 8601. */
  startedAt: string;
  durationSeconds: number;
  /** Whether it ran with fewer rounds, for a rough figure. */
  quick: boolean;
  machine: Machine;
  /** CPU use of other processes during the run, in a sentence; empty when there was little. */
  neighbours: string;
}

/** One measurement. */
export interface Section {
  title: string;
  /** Description of the method, in sentences. */
  method: string;
  table: Table;
  chart?: Chart;
}

/** Data of a bar chart. */
export interface Chart {
  title: string;
  /** Meaning of a bar's length, with its unit. */
  valueLabel: string;
  /** `highlight` marks this server's bars. */
  bars: { label: string; value: number; highlight: boolean }[];
}

/** A figure with a goal. */
export interface Check {
  what: string;
  measured: number;
  bound: 'at least' | 'at most';
  goal: number;
  unit: string;
}

export function atLeast(what: string, measured: number, goal: number, unit: string): Check {
  return { what, measured, bound: 'at least', goal, unit };
}

export function atMost(what: string, measured: number, goal: number, unit: string): Check {
  return { what, measured, bound: 'at most', goal, unit };
}

/** Returns whether a figure meets its goal. */
export function isMet({ measured, bound, goal }: Check): boolean {
  return bound === 'at least' ? measured >= goal : measured <= goal;
}

/** Lists goals, and whether they are met. */
export function tabulateGoals(checks: readonly Check[]): Table {
  return createTable(checks, [
    ['goal', ({ what }) => what],
    ['', (check) => (isMet(check) ? 'met' : 'missed')],
    ['measured', ({ measured, unit }) => `${formatNumber(measured, 2)} ${unit}`.trim()],
    ['bound', ({ bound, goal }) => `${bound} ${goal}`],
  ]);
}

/** bench/results beside the sources, relative to dist/bench. Git ignores it. */
export const RESULTS_FOLDER = fileURLToPath(new URL('../../bench/results/', import.meta.url));

/** Writes a suite's results and replaces those of its last run. @returns the file's path */
export async function writeResult(folder: string, result: SuiteResult): Promise<string> {
  const path = join(folder, `${result.suite}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}

/** Reads the last results of every suite, by its name. */
export async function readResults(folder: string): Promise<Map<string, SuiteResult>> {
  const names = await readdir(folder).catch(() => []);
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as SuiteResult;
  const results = await Promise.all(names.filter((name) => name.endsWith('.json')).map(read));
  return new Map(results.map((result) => [result.suite, result]));
}
