import { Piscina } from 'piscina';
import {
  KEY_OPERATIONS,
  type QuickOperation,
  type QuickOperations,
  type QuickTask,
  type QuickThreadData,
} from './messages.js';

/** An operation of the quick lane failed, or the thread that held it died. */
export class QuickLaneError extends Error {
  readonly code = 'QUICK_LANE_FAILED';
}

export interface QuickLaneOptions extends QuickThreadData {
  threads: number;
  observe?: (event: QuickThreadDied) => void;
}

/** A thread ended without being told to. What it held has failed, and another takes its place. */
export interface QuickThreadDied {
  type: 'threadDied';
}

/**
 * The quick lane: SRP exponentiation and signing, less than a millisecond each, in threads of their own
 * so that no stretch is ever in front of them. Making a signing key takes up to ten seconds, so a thread
 * that lives for no longer does that.
 */
export class QuickLane {
  readonly #pool: Piscina;
  readonly #keyPool: Piscina;
  #closing = false;

  constructor({ modPow, threads, observe }: QuickLaneOptions) {
    const workerData: QuickThreadData = { modPow };
    this.#pool = new Piscina({
      filename: new URL('./thread/quick-thread.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      // One in work and one at hand: a thread need not wait for the event loop between two.
      concurrentTasksPerWorker: 2,
      // Without it a task that finds no thread goes behind those that came later: of 32 clients one then
      // waits ten times as long as the others.
      stricterFIFO: true,
      workerData,
    });
    this.#keyPool = new Piscina({
      filename: new URL('./thread/key-thread.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: 1,
    });
    this.#pool.on('workerDestroy', () => {
      if (!this.#closing) observe?.({ type: 'threadDied' });
    });
    // An idle thread's last words; unheard, they would end the process.
    for (const pool of [this.#pool, this.#keyPool]) pool.on('error', () => {});
  }

  /** Operations waiting for a thread. */
  get waiting(): number {
    return this.#pool.queueSize;
  }

  /** The share of thread time spent working, 0 to 1, since the start. */
  get utilization(): number {
    return this.#pool.utilization;
  }

  /** The threads of the pool, for the tests that kill one. */
  get threads() {
    return this.#pool.threads;
  }

  /**
   * Runs one operation in a thread.
   * @throws QuickLaneError when the operation fails or its thread dies
   */
  async run<Op extends QuickOperation>(
    op: Op,
    input: QuickOperations[Op]['in'],
  ): Promise<QuickOperations[Op]['out']> {
    const pool = KEY_OPERATIONS.some((keyOperation) => keyOperation === op) ? this.#keyPool : this.#pool;
    try {
      return await pool.run({ op, input } as QuickTask);
    } catch (error) {
      throw new QuickLaneError(`${op} failed`, { cause: error });
    }
  }

  /** Ends the threads; operations under way fail. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([this.#pool.destroy(), this.#keyPool.destroy()]);
  }
}
