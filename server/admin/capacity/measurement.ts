import { randomBytes } from 'node:crypto';
import type { StretchEngineName } from '../../../workers/messages.js';
import { canPair } from '../../../workers/stretch-engine.js';
import { Stretcher } from '../../../workers/stretcher.js';

/** What stretches take with every thread busy. */
export interface StretchMeasurement {
  engine: StretchEngineName;
  threads: number;
  /** One password a thread, in ms. */
  singleMs: number;
  /** Two passwords a thread together, in ms; nothing where the engine does not pair. */
  pairMs: number | undefined;
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
  niceIncrement: number,
): Promise<StretchMeasurement> {
  const took: Record<1 | 2, number[]> = { 1: [], 2: [] };
  const before = process.memoryUsage.rss();
  const stretcher = new Stretcher({
    engine,
    threads,
    // Everything is admitted, however slow the machine.
    maxWaitMs: Number.MAX_SAFE_INTEGER,
    niceIncrement,
    observe: (event) => {
      if (event.type === 'finished' && event.failed === 0) took[event.batchSize].push(event.serviceMs);
    },
  });
  try {
    await stretcher.ready();
    for (let round = 0; round < ROUNDS; round++) await stretchAtOnce(stretcher, threads);
    const singleMs = median(took[1]);
    // The first of them find idle threads; all others wait, and are stretched in pairs where that is possible.
    if (canPair(stretcher.engine)) await stretchAtOnce(stretcher, threads + 2 * ROUNDS * threads);
    return {
      engine: stretcher.engine,
      threads,
      singleMs,
      pairMs: took[2].length > 0 ? median(took[2]) : undefined,
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
      return stretcher.stretch(request, { source: String(i), account: String(i) });
    }),
  );
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
