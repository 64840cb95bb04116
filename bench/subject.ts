import type { Progress } from './progress.js';
import type { SubjectResult } from './results.js';

/** What a subject is given when it runs. */
export interface BenchContext {
  /** Fewer rounds and smaller counts: a first look within a minute or so. */
  quick: boolean;
  progress: Progress;
  /** What the last runs of other subjects measured, for those that compute with it. */
  earlier: ReadonlyMap<string, SubjectResult>;
}

/** What a subject measured. */
export type Measured = Pick<SubjectResult, 'sections' | 'checks' | 'figures'>;

/** One thing the bench can measure. */
export interface Subject {
  name: string;
  title: string;
  run(context: BenchContext): Promise<Measured>;
}

/** Joins what the parts of a subject measured. */
export function joinMeasured(parts: Measured[]): Measured {
  return {
    sections: parts.flatMap(({ sections }) => sections),
    checks: parts.flatMap(({ checks }) => checks),
    figures: Object.assign({}, ...parts.map(({ figures }) => figures)),
  };
}
