import { Piscina } from 'piscina';
import type {
  StretchEngineName,
  StretchOutcome,
  StretchReply,
  StretchRequest,
  StretchThreadData,
} from './messages.js';
import { type StretchEvent, type StretchOrder, StretchQueue } from './stretch-queue.js';

export interface StretcherOptions {
  engine: StretchEngineName;
  threads: number;
  maxWaitMs: number;
  /** How much lower than the event loop the threads' OS priority is (POSIX nice, 0 to 19). */
  niceIncrement: number;
  observe?: (event: StretchEvent) => void;
}

/**
 * The slow lane: stretches passwords in threads of low OS priority, 64 MiB and a tenth to a quarter
 * of a CPU second each. Nothing else queues here.
 */
export class Stretcher {
  readonly queue: StretchQueue;
  readonly #pool: Piscina<StretchRequest[], StretchOutcome[]>;

  constructor(options: StretcherOptions) {
    const workerData: StretchThreadData = { engine: options.engine };
    this.#pool = new Piscina({
      filename: new URL('./thread/stretch-thread.js', import.meta.url).href,
      minThreads: options.threads,
      maxThreads: options.threads,
      concurrentTasksPerWorker: 1,
      niceIncrement: options.niceIncrement,
      workerData,
    });
    this.queue = new StretchQueue({
      threads: options.threads,
      pairing: options.engine === 'simd',
      maxWaitMs: options.maxWaitMs,
      run: (batch) => this.#pool.run(batch),
      now: () => performance.now(),
      ...(options.observe && { observe: options.observe }),
    });
  }

  /** The threads of the pool, for the tests that kill one. */
  get threads() {
    return this.#pool.threads;
  }

  /**
   * Stretches a password to its verifier and unwrapBKey. The request's password bytes are wiped.
   * @throws StretchOverloadError, StretchAbandonedError, StretchFailedError (see StretchQueue)
   * @see protocol.md, "Password stretching"
   */
  async stretch(request: StretchRequest, order: StretchOrder): Promise<StretchReply> {
    try {
      return await this.queue.submit(request, order);
    } finally {
      request.password.fill(0);
    }
  }

  /** Ends the threads; stretches under way fail. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
