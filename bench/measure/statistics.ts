import { mean, median, quantile, sampleVariance } from 'simple-statistics';
import { PERCENTILES } from '../results.js';

/** The median and what lies around it. */
export interface Summary {
  median: number;
  /** Half the distance between the quartiles, as a share of the median. */
  spread: number;
}

/** @throws Error when there are no samples */
export function summarize(samples: number[]): Summary {
  const middle = median(samples);
  const [low, high] = quantile(samples, [0.25, 0.75]) as [number, number];
  return { median: middle, spread: (high - low) / 2 / middle };
}

/**
 * The median of the quotients of what was measured in one round, which leaves out how the machine changed
 * from round to round.
 */
export function pairedRatio(numerators: number[], denominators: number[]): number {
  return median(numerators.map((value, round) => value / (denominators[round] as number)));
}

/** Values at the percentiles that a distribution is drawn at. */
export function percentileCurve(samples: number[]): number[] {
  return quantile(
    samples,
    PERCENTILES.map((percentile) => percentile / 100),
  );
}

/** The value that `percentile` per cent of the samples do not exceed. */
export function percentile(samples: number[], percentile: number): number {
  return quantile(samples, percentile / 100);
}

export { mean, median };

/** Welch's t-test: do two samples differ in their mean? Their variances may differ. */
export interface WelchTest {
  /** Positive when the first sample's mean is larger. */
  t: number;
  degreesOfFreedom: number;
  /** First mean minus second, and half of its 95 % confidence interval (for hundreds of samples and more). */
  difference: number;
  confidence95: number;
}

/** @throws Error when a sample has fewer than two values */
export function welchTest(a: number[], b: number[]): WelchTest {
  const [va, vb] = [sampleVariance(a) / a.length, sampleVariance(b) / b.length];
  const standardError = Math.sqrt(va + vb);
  const difference = mean(a) - mean(b);
  return {
    t: difference === 0 ? 0 : difference / standardError,
    degreesOfFreedom: (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1)),
    difference,
    confidence95: 1.96 * standardError,
  };
}
