import { randomBytes } from 'node:crypto';
import type { StretchEngineName } from '../../../protocol/stretch-engines.js';
import { Stretcher, type StretcherOptions } from '../../../workers/stretcher.js';

export interface StretchGroup {
  size: number;
  ms: number;
}

/** Durations of stretches with all threads busy. */
export interface StretchMeasurement {
  engine: StretchEngineName;
  threads: number;
  /** One password on each thread. */
  singleMs: number;
  /** `undefined` when the engine does not use batches. */
  group: StretchGroup | undefined;
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

/** A lower bound. */
export function bandwidthGib({ perSecond }: Pick<Throughput, 'perSecond'>): number {
  return (perSecond * TRAFFIC_MIB) / 1024;
}

/** Number of measurements on each thread, enough for stable medians. */
const ROUNDS = 3;

/** Measures all threads, which share memory bandwidth, and one alone. @throws Error if the engine fails */
export async function measureStretches(
  engine: StretchEngineName,
  threads: number,
  memoryMiB: number,
  niceIncrement: number,
): Promise<StretchMeasurement> {
  const measure = (count: number) =>
    measureThreads({ engine, threads: count, memoryMiB: (memoryMiB * count) / threads, niceIncrement });
  const { throughput: together, ...measured } = await measure(threads);
  const { throughput: alone } = threads === 1 ? { throughput: together } : await measure(1);
  return { ...measured, alone, together };
}

async function measureThreads(options: StretcherOptions) {
  const { threads } = options;
  const took: number[][] = [];
  const before = process.memoryUsage.rss();
  const stretcher = new Stretcher({
    ...options,
    observe: (event) => {
      if (event.type === 'finished' && event.failed === 0) {
        took[event.batchSize] = [...(took[event.batchSize] ?? []), event.serviceMs];
      }
    },
  });
  try {
    await stretcher.ready();
    const { groupSize, batchMs } = stretcher.plan;
    stretcher.queue.expect(1, batchMs);
    for (let round = 0; round < ROUNDS; round++) await stretchAtOnce(stretcher, threads);
    stretcher.queue.expect(groupSize, batchMs);
    const singleMs = median(took[1] ?? []);
    // The first password starts alone. All others form batches.
    const count = 1 + threads * groupSize * ROUNDS;
    const [startedMs, cpuBefore] = [performance.now(), process.cpuUsage()];
    await stretchAtOnce(stretcher, count);
    const { user, system } = process.cpuUsage(cpuBefore);
    const throughput: Throughput = {
      perSecond: (1000 * count) / (performance.now() - startedMs),
      cpuMs: (user + system) / 1000 / count,
    };
    const size = took.length - 1;
    return {
      engine: stretcher.engine,
      threads,
      singleMs,
      group: size > 1 ? { size, ms: median(took[size] ?? []) } : undefined,
      threadBytes: (process.memoryUsage.rss() - before) / threads,
      throughput,
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
