import {
  KEY_OPERATIONS,
  type QuickOperation,
  type QuickOperations,
  type QuickTask,
  type QuickThreadData,
} from './messages.js';
import { ThreadPool } from './thread-pool.js';

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
  /** Why, when it held nothing; what it held was told. */
  error: Error | undefined;
}

/**
 * The quick lane: SRP exponentiation and signing, less than a millisecond each, in threads of their own
 * so that no stretch is ever in front of them. Making a signing key takes up to ten seconds, so a thread
 * that lives for no longer does that.
 */
export class QuickLane {
  readonly #pool: ThreadPool<QuickTask, unknown>;
  readonly #keyPool: ThreadPool<QuickTask, unknown>;

  constructor({ modPow, threads, observe }: QuickLaneOptions) {
    const workerData: QuickThreadData = { modPow };
    this.#pool = new ThreadPool({
      file: new URL('./thread/quick-thread.js', import.meta.url),
      threads,
      workerData,
      // One in work and one at hand: a thread need not wait for the event loop between two.
      tasksPerThread: 2,
      onDied: (error) => observe?.({ type: 'threadDied', error }),
    });
    this.#keyPool = new ThreadPool({ file: new URL('./thread/key-thread.js', import.meta.url), threads: 0 });
  }

  /** Operations waiting for a thread. */
  get waiting(): number {
    return this.#pool.waiting;
  }

  /** Seconds that threads held operations since the start, up to two at once each. */
  get busySeconds(): number {
    return this.#pool.busySeconds;
  }

  /** The threads there are, for the tests that kill one. */
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
      return (await pool.run({ op, input } as QuickTask)) as QuickOperations[Op]['out'];
    } catch (error) {
      throw new QuickLaneError(`${op} failed`, { cause: error });
    }
  }

  /** Ends the threads; operations under way fail. */
  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#keyPool.close()]);
  }
}
