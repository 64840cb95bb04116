import { mean, median, quantile, sampleVariance } from 'simple-statistics';
import { PERCENTILES } from '../results.js';

/** A median and its dispersion. */
export interface Summary {
  median: number;
  /** Half the interquartile range, relative to the median. */
  spread: number;
}

/** @throws Error when there are no samples */
export function summarize(samples: number[]): Summary {
  const middle = median(samples);
  const [low, high] = quantile(samples, [0.25, 0.75]) as [number, number];
  return { median: middle, spread: (high - low) / 2 / middle };
}

/**
 * Returns the median of the ratios within each round, which excludes changes of the machine between rounds.
 */
export function pairedRatio(numerators: number[], denominators: number[]): number {
  return median(numerators.map((value, round) => value / (denominators[round] as number)));
}

/** Returns the values at the percentiles of a chart. */
export function percentileCurve(samples: number[]): number[] {
  return quantile(
    samples,
    PERCENTILES.map((percentile) => percentile / 100),
  );
}

/** Returns the value that `percentile` per cent of the samples do not exceed. */
export function percentile(samples: number[], percentile: number): number {
  return quantile(samples, percentile / 100);
}

export { mean, median };

/** Result of Welch's t-test for the means of two samples. Their variances may differ. */
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
