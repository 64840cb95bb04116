import { Piscina } from 'piscina';
import type { QuickOperation, QuickOperations, QuickTask, QuickThreadData } from './messages.js';

/** A thread of the quick lane died while it held this operation. */
export class QuickLaneError extends Error {
  readonly code = 'QUICK_LANE_FAILED';
}

/**
 * The quick lane: SRP exponentiation and signing, a millisecond or so each, in threads of their own
 * so that no stretch is ever in front of them.
 */
export class QuickLane {
  readonly #pool: Piscina;

  constructor(options: QuickThreadData & { threads: number }) {
    const workerData: QuickThreadData = { modPow: options.modPow };
    this.#pool = new Piscina({
      filename: new URL('./thread/quick-thread.js', import.meta.url).href,
      minThreads: options.threads,
      maxThreads: options.threads,
      workerData,
    });
  }

  /** Tasks waiting for a thread. */
  get waiting(): number {
    return this.#pool.queueSize;
  }

  /** The share of thread time spent working, 0 to 1. */
  get utilization(): number {
    return this.#pool.utilization;
  }

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
    try {
      return await this.#pool.run({ op, input } as QuickTask);
    } catch (error) {
      throw new QuickLaneError(`${op} failed`, { cause: error });
    }
  }

  /** Ends the threads; operations under way fail. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
