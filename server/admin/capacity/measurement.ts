import { randomBytes } from 'node:crypto';
import type { StretchEngineName } from '../../../protocol/stretch-engines.js';
import { SLOT_MIB, Stretcher } from '../../../workers/stretcher.js';

/** The largest group of passwords that was stretched together. */
export interface StretchGroup {
  size: number;
  /** For all of it. */
  ms: number;
  /** How many such groups there are threads and memory for at a time. */
  atOnce: number;
}

/** What stretches take with every thread busy. */
export interface StretchMeasurement {
  engine: StretchEngineName;
  threads: number;
  /** One password a thread, in ms. */
  singleMs: number;
  /** Several passwords together on a thread; nothing where company saves nothing. */
  group: StretchGroup | undefined;
  /** What a thread adds to the memory of the process. */
  threadBytes: number;
}

/** How often every thread is given work, of each kind: the medians then hardly change. */
const ROUNDS = 3;

/**
 * Times the real engine in real threads, all of them at work: cores share memory, and that is what stretching
 * waits for. Takes some seconds.
 * @throws Error when no thread can start, or the engine cannot run
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
    // The first of them find idle threads; all others wait, and are stretched in groups where that is of use.
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
