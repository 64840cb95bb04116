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
  /** Full batches on one thread alone, and on all threads together. */
  alone: Throughput;
  together: Throughput;
}

export interface Throughput {
  perSecond: number;
  /** CPU time of one stretch. A thread that waits for memory uses CPU time, one that waits for a core does not. */
  cpuMs: number;
}

/** Memory traffic of one scrypt, at least: it writes 64 MiB and reads them again. */
const TRAFFIC_MIB = 128;

/** Returns how much of its speed alone a thread keeps while all others work, from 0 to 1. */
export function shareKept({ alone, together }: Pick<StretchMeasurement, 'alone' | 'together'>): number {
  return Math.min(1, alone.cpuMs / together.cpuMs);
}

/** Returns the memory bandwidth that is used at least, in GiB/s. */
export function bandwidthGib({ perSecond }: Throughput): number {
  return (perSecond * TRAFFIC_MIB) / 1024;
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
  const alone = await measureThroughput(engine, 1, memoryMiB / threads, niceIncrement);
  const together = threads === 1 ? alone : await measureThroughput(engine, threads, memoryMiB, niceIncrement);
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
      alone,
      together,
    };
  } finally {
    await stretcher.close();
  }
}

/** Measures busy threads, in batches as large as the memory allows. */
async function measureThroughput(
  engine: StretchEngineName,
  threads: number,
  memoryMiB: number,
  niceIncrement: number,
): Promise<Throughput> {
  const stretcher = new Stretcher({ engine, threads, memoryMiB, niceIncrement });
  try {
    await stretcher.ready();
    const count = threads * stretcher.plan.groupSize * ROUNDS;
    await stretchAtOnce(stretcher, threads * stretcher.plan.groupSize);
    const [startedMs, cpuBefore] = [performance.now(), process.cpuUsage()];
    await stretchAtOnce(stretcher, count);
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      perSecond: (1000 * count) / (performance.now() - startedMs),
      cpuMs: (user + system) / 1000 / count,
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
