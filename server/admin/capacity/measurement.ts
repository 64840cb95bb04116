import { randomBytes } from 'node:crypto';
import type { StretchEngineName } from '../../../protocol/stretch-engines.js';
import { SLOT_MIB, Stretcher } from '../../../workers/stretcher.js';

/** The largest measured batch. */
export interface StretchGroup {
  size: number;
  /** Duration of the whole batch. */
  ms: number;
  /** Number of simultaneous batches that threads and memory allow. */
  atOnce: number;
}

/** Durations of stretches with all threads busy. */
export interface StretchMeasurement {
  engine: StretchEngineName;
  threads: number;
  /** Duration of one password on each thread, in ms. */
  singleMs: number;
  /** `undefined` when the engine does not use batches. */
  group: StretchGroup | undefined;
  /** Memory of a thread. */
  threadBytes: number;
}

/** Number of measurements on each thread, enough for stable medians. */
const ROUNDS = 3;

/**
 * Measures the engine with all threads busy, because cores share memory bandwidth, which limits stretching. Takes some
 * seconds.
 * @throws Error when no thread can start or the engine cannot run
 */
export async function measureStretches(
  engine: StretchEngineName,
  threads: number,
  memoryMiB: number,
  niceIncrement: number,
): Promise<StretchMeasurement> {
  const took: number[][] = [];
  const before = process.memoryUsage.rss();
  const stretcher = new Stretcher({
    engine,
    threads,
    memoryMiB,
    niceIncrement,
    observe: (event) => {
      if (event.type === 'finished' && event.failed === 0) {
        took[event.batchSize] = [...(took[event.batchSize] ?? []), event.serviceMs];
      }
    },
  });
  try {
    await stretcher.ready();
    for (let round = 0; round < ROUNDS; round++) await stretchAtOnce(stretcher, threads);
    const singleMs = median(took[1] ?? []);
    // The first passwords find idle threads. All others wait, and form batches.
    const { groupSize } = stretcher.plan;
    if (groupSize > 1) await stretchAtOnce(stretcher, threads * (1 + groupSize * ROUNDS));
    const size = took.length - 1;
    const atOnce = Math.max(1, Math.min(threads, Math.floor(memoryMiB / SLOT_MIB)));
    return {
      engine: stretcher.engine,
      threads,
      singleMs,
      group: size > 1 ? { size, ms: median(took[size] ?? []), atOnce } : undefined,
      threadBytes: (process.memoryUsage.rss() - before) / threads,
    };
  } finally {
    await stretcher.close();
  }
}

async function stretchAtOnce(stretcher: Stretcher, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, i) => {
      const [password, stretchingSalt, srpSalt] = [randomBytes(16), randomBytes(32), randomBytes(32)];
      const request = { email: Buffer.from(`${i}@example.org`), password, stretchingSalt, srpSalt };
      return stretcher.stretch(request, { source: String(i) });
    }),
  );
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
