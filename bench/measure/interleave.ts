import type { Progress } from '../progress.js';
import { cpuTimeMs } from './own-cpu-time.js';

/** One of the implementations to compare. */
export interface Competitor {
  name: string;
  /** Number of operations in one call of `run` (default 1). */
  perRun?: number;
  run(): unknown;
}

/** Times of one competitor in each round, for each operation. */
export interface Timings {
  wallMs: number[];
  /** CPU time of the whole process, including the threads of its garbage collector. */
  cpuMs: number[];
}

export interface InterleaveOptions {
  rounds: number;
  /** Warm-up rounds before the measurement. */
  warmUps: number;
  /** Minimum duration of a round, in ms: runs are repeated until then. 0 for long operations. */
  atLeastMs: number;
  progress: Progress;
}

/**
 * Measures competitors in turns, A B C A B C …, so that a machine that slows down affects all of them.
 * @returns timings by name of the competitor
 */
export async function interleave<Name extends string>(
  competitors: (Competitor & { name: Name })[],
  { rounds, warmUps, atLeastMs, progress }: InterleaveOptions,
): Promise<Record<Name, Timings>> {
  const timings = Object.fromEntries(
    competitors.map(({ name }) => [name, { wallMs: [], cpuMs: [] }]),
  ) as unknown as Record<Name, Timings>;
  const repeats = new Map<Name, number>();
  for (let round = -warmUps; round < rounds; round++) {
    progress.at(Math.max(0, round), rounds);
    for (const competitor of competitors) {
      const { name } = competitor;
      const took = await time(competitor, repeats.get(name) ?? 1);
      if (round < 0) repeats.set(name, Math.max(1, Math.ceil(atLeastMs / took.wallMs)));
      else {
        timings[name].wallMs.push(took.wallMs / (competitor.perRun ?? 1));
        timings[name].cpuMs.push(took.cpuMs / (competitor.perRun ?? 1));
      }
    }
  }
  return timings;
}

/** Measures the mean wall and CPU time of a run. */
async function time({ run }: Competitor, repeats: number): Promise<{ wallMs: number; cpuMs: number }> {
  const cpu = cpuTimeMs();
  const wall = performance.now();
  for (let i = 0; i < repeats; i++) {
    const running = run();
    // Awaits promises only: an await of a plain value would be measured.
    if (running instanceof Promise) await running;
  }
  return {
    wallMs: (performance.now() - wall) / repeats,
    cpuMs: (cpuTimeMs() - cpu) / repeats,
  };
}
