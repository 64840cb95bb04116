import type { Progress } from './progress.js';
import type { SuiteResult } from './results.js';

/** What a suite is given when it runs. */
export interface BenchContext {
  /** Fewer rounds and smaller counts: a first look within a minute or so. */
  quick: boolean;
  progress: Progress;
  /** What the last runs of other suites measured, for those that compute with it. */
  earlier: ReadonlyMap<string, SuiteResult>;
}

/** What a suite measured. */
export type Measured = Pick<SuiteResult, 'sections' | 'checks' | 'figures'>;

/** One thing the bench can measure. */
export interface Suite {
  name: string;
  title: string;
  run(context: BenchContext): Promise<Measured>;
}

/** Joins what the parts of a suite measured. */
export function joinMeasured(parts: Measured[]): Measured {
  return {
    sections: parts.flatMap(({ sections }) => sections),
    checks: parts.flatMap(({ checks }) => checks),
    figures: Object.assign({}, ...parts.map(({ figures }) => figures)),
  };
}
