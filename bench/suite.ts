import type { Progress } from './progress.js';
import type { SuiteResult } from './results.js';

/** Options of a run. */
export interface BenchContext {
  /** Runs fewer rounds and smaller counts, for a rough figure within about a minute. */
  quick: boolean;
  progress: Progress;
  /** Figures of the last runs of other suites. */
  earlier: ReadonlyMap<string, SuiteResult>;
}

/** The measurements of a suite. */
export type Measured = Pick<SuiteResult, 'sections' | 'checks' | 'figures'>;

/** A suite of the bench. */
export interface Suite {
  name: string;
  title: string;
  run(context: BenchContext): Promise<Measured>;
}

/** Joins the measurements of the parts of a suite. */
export function joinMeasured(parts: Measured[]): Measured {
  return {
    sections: parts.flatMap(({ sections }) => sections),
    checks: parts.flatMap(({ checks }) => checks),
    figures: Object.assign({}, ...parts.map(({ figures }) => figures)),
  };
}
