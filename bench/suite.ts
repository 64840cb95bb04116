import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.js';
import { createTable, formatNumber, type Table } from './table.js';

export interface Suite {
  name: string;
  title: string;
  run(context: BenchContext): Promise<Measured>;
}

export interface BenchContext {
  /** Fewer rounds and smaller counts: a rough figure within about a minute. */
  quick: boolean;
  /** Reports a step on stderr: stdout has only results. */
  report(step: string): void;
  /** Results of the last runs. */
  earlier: ReadonlyMap<string, SuiteResult>;
}

export interface Measured {
  sections: Section[];
  checks: Check[];
  /** Numbers for other suites. The name ends with the unit. */
  figures?: Record<string, number>;
}

/** Stored as JSON, printed as tables and drawn in the report. */
export interface SuiteResult extends Measured {
  suite: string;
  title: string;
  /** ISO 8601. */
  startedAt: string;
  durationSeconds: number;
  quick: boolean;
  machine: Machine;
  /** A sentence on the CPU use of other processes during the run; empty when there was little. */
  neighbours: string;
}

export interface Section {
  title: string;
  method: string;
  table: Table;
  chart?: Chart;
}

export interface Chart {
  title: string;
  /** Meaning of a bar's length, with its unit. */
  valueLabel: string;
  /** `highlight` marks this server's bars. */
  bars: { label: string; value: number; highlight: boolean }[];
}

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

export function isMet({ measured, bound, goal }: Check): boolean {
  return bound === 'at least' ? measured >= goal : measured <= goal;
}

export function tabulateGoals(checks: readonly Check[]): Table {
  return createTable(checks, [
    ['goal', ({ what }) => what],
    ['', (check) => (isMet(check) ? 'met' : 'missed')],
    ['measured', ({ measured, unit }) => `${formatNumber(measured, 2)} ${unit}`.trim()],
    ['bound', ({ bound, goal }) => `${bound} ${goal}`],
  ]);
}

/** Returns the path of a file in the repository. */
export function fromRoot(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** Writes a suite's results and replaces those of its last run. @returns the file's path */
export async function writeResult(folder: string, result: SuiteResult): Promise<string> {
  const path = join(folder, `${result.suite}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}

export async function readResults(folder: string): Promise<Map<string, SuiteResult>> {
  const names = await readdir(folder).catch(() => []);
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as SuiteResult;
  const results = await Promise.all(names.filter((name) => name.endsWith('.json')).map(read));
  return new Map(results.map((result) => [result.suite, result]));
}
