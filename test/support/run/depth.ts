/**
 * How many cases of many a test tries: a sample in the first tier, all of them in `test:all` and where a file is named.
 */
export function countByDepth(sample: number, full: number): number {
  return process.env.TEST_DEPTH === 'full' ? full : sample;
}
