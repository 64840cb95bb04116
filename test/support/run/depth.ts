/** A sample in the first tier, all in `test:all` and for named files. */
export function countByDepth(sample: number, full: number): number {
  return process.env.TEST_DEPTH === 'full' ? full : sample;
}
