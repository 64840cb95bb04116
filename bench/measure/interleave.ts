export interface Rounds {
  /** Name of the measurement in the progress. */
  what: string;
  rounds: number;
  /** Default 1. */
  warmUps?: number;
  report(step: string): void;
}

/** Measures competitors in turns, A B C A B C …, so that a machine that slows down affects all of them. */
export async function interleave<Competitor, Sample>(
  competitors: readonly Competitor[],
  measure: (competitor: Competitor) => Promise<Sample>,
  { what, rounds, warmUps = 1, report }: Rounds,
): Promise<(Competitor & { samples: Sample[] })[]> {
  const measured = competitors.map((competitor) => ({ ...competitor, samples: [] as Sample[] }));
  for (let round = 1 - warmUps; round <= rounds; round++) {
    report(`${what}: ${round > 0 ? `round ${round} of ${rounds}` : 'warm-up'}`);
    for (const [i, competitor] of competitors.entries()) {
      const sample = await measure(competitor);
      if (round > 0) measured[i]?.samples.push(sample);
    }
  }
  return measured;
}

/** Minimum duration of a measurement: shorter operations are repeated. */
const AT_LEAST_MS = 20;

export interface Operation {
  /** Number of results of one call (default 1). */
  perRun?: number;
  run(): unknown;
}

/** Returns the mean CPU ms of a result: all threads of this process, garbage collector included. */
export async function measureCpuMs({ run, perRun = 1 }: Operation): Promise<number> {
  const before = process.cpuUsage();
  const startedMs = performance.now();
  let results = 0;
  do {
    const running = run();
    // Awaits promises only: an await of a plain value would be measured.
    if (running instanceof Promise) await running;
    results += perRun;
  } while (performance.now() - startedMs < AT_LEAST_MS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / results;
}
