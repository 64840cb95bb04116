import type { Progress } from '../progress.js';
import { cpuTimeMs } from './own-cpu-time.js';

/** One way to do the thing that is measured. */
export interface Competitor {
  name: string;
  /** How many of what is measured one call of `run` does (default 1). */
  perRun?: number;
  run(): unknown;
}

/** What one competitor took in each round, per thing done. */
export interface Timings {
  wallMs: number[];
  /** CPU time of the whole process: the threads of its garbage collector count. */
  cpuMs: number[];
}

export interface InterleaveOptions {
  rounds: number;
  /** Rounds before those, not counted: compilers warm up, memory is mapped. */
  warmUps: number;
  /** Runs are repeated within a round until they last this long; 0 for things that take long anyway. */
  atLeastMs: number;
  progress: Progress;
}

/**
 * Lets competitors take turns, A B C A B C …, so that a machine that slows down meanwhile slows all of them.
 * @returns timings by the competitors' names
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

/** Wall and CPU time of one run, as the mean of so many. */
async function time({ run }: Competitor, repeats: number): Promise<{ wallMs: number; cpuMs: number }> {
  const cpu = cpuTimeMs();
  const wall = performance.now();
  for (let i = 0; i < repeats; i++) {
    const running = run();
    // An await that waits for nothing would be measured too.
    if (running instanceof Promise) await running;
  }
  return {
    wallMs: (performance.now() - wall) / repeats,
    cpuMs: (cpuTimeMs() - cpu) / repeats,
  };
}
