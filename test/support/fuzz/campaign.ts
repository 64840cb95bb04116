import fc from 'fast-check';

/** FUZZ_CASES for more of them; FUZZ_SEED, as a failure prints it, for the same again. */
const { FUZZ_CASES, FUZZ_SEED } = process.env;

/** How many cases are under way at once. */
const LANES = 12;

/** How many cases a campaign has, of those that all have together. */
export function countCases(share: number): number {
  return Math.ceil(Number(FUZZ_CASES ?? 20_000) * share);
}

/**
 * Tries a property on many cases, several at a time.
 * @throws Error with the smallest case found that fails, and its seed
 */
export async function runCampaign<Case>(
  cases: number,
  arbitrary: fc.Arbitrary<Case>,
  holds: (tried: Case) => Promise<void>,
): Promise<void> {
  const seed = FUZZ_SEED === undefined ? Date.now() % 2 ** 31 : Number(FUZZ_SEED);
  const fuzz = (lane: number) =>
    fc.assert(fc.asyncProperty(arbitrary, holds), { seed: seed + lane, numRuns: Math.ceil(cases / LANES) });
  await Promise.all(Array.from({ length: LANES }, (_, lane) => fuzz(lane)));
}
