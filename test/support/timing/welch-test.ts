import { mean, sampleVariance } from 'simple-statistics';

/** The variances of the samples may differ. */
export function welchT(a: number[], b: number[]): number {
  const difference = mean(a) - mean(b);
  return difference === 0
    ? 0
    : difference / Math.sqrt(sampleVariance(a) / a.length + sampleVariance(b) / b.length);
}
