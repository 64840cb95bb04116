import fc from 'fast-check';

/** FUZZ_CASES sets the number of cases. FUZZ_SEED, which a failure prints, repeats them. */
const { FUZZ_CASES, FUZZ_SEED } = process.env;

const PARALLEL_RUNS = 12;

/** @param share of all cases */
export function countCases(share: number): number {
  return Math.ceil(Number(FUZZ_CASES ?? 20_000) * share);
}

/** @throws Error with the smallest failing case and its seed */
export async function runCampaign<Case>(
  cases: number,
  arbitrary: fc.Arbitrary<Case>,
  holds: (tried: Case) => Promise<void>,
): Promise<void> {
  const seed = FUZZ_SEED === undefined ? Date.now() % 2 ** 31 : Number(FUZZ_SEED);
  const fuzz = (run: number) =>
    fc.assert(fc.asyncProperty(arbitrary, holds), {
      seed: seed + run,
      numRuns: Math.ceil(cases / PARALLEL_RUNS),
    });
  await Promise.all(Array.from({ length: PARALLEL_RUNS }, (_, run) => fuzz(run)));
}
