import { median, quantile } from 'simple-statistics';

export { median };

/** Returns half the interquartile range in per cent of the median. */
export function spreadPercent(samples: number[]): number {
  const [low, middle, high] = quantile(samples, [0.25, 0.5, 0.75]) as [number, number, number];
  return (50 * (high - low)) / middle;
}

/** Returns the median of the ratios within each round, which excludes changes of the machine between rounds. */
export function pairedRatio(numerators: number[], denominators: number[]): number {
  return median(numerators.map((value, round) => value / (denominators[round] as number)));
}

export function percentile(samples: number[], percentile: number): number {
  return quantile(samples, percentile / 100);
}
