import type {
  StretchBatch,
  StretchEngineName,
  StretchOutcome,
  StretchReply,
  StretchRequest,
  StretchThreadData,
  StretchThreadReady,
} from './messages.js';
import { canPair, resolveStretchEngine } from './stretch-engine.js';
import { type StretchEvent, type StretchOrder, StretchQueue } from './stretch-queue.js';
import { ThreadPool } from './thread-pool.js';

export interface StretcherOptions {
  engine: StretchEngineName;
  threads: number;
  maxWaitMs: number;
  /** How much lower than the event loop the threads' OS priority is (POSIX nice, 0 to 19). */
  niceIncrement: number;
  observe?: (event: StretchEvent | StretchThreadDied) => void;
}

/** A thread ended without being told to. What it held has failed, and another takes its place. */
export interface StretchThreadDied {
  type: 'threadDied';
  /** Why, when it held nothing; what it held was told. */
  error: Error | undefined;
}

/**
 * The slow lane: stretches passwords in threads of low OS priority, 64 MiB and about a tenth to a quarter
 * of a CPU second each. Nothing else queues here.
 */
export class Stretcher {
  readonly queue: StretchQueue;
  /** The engine that runs: not the one asked for where this machine cannot run that. */
  readonly engine: StretchEngineName;
  readonly #pool: ThreadPool<StretchBatch, StretchOutcome[]>;
  readonly #observe: StretcherOptions['observe'];
  #settleReady!: { resolve: () => void; reject: (error: Error) => void };
  readonly #ready = new Promise<void>((resolve, reject) => {
    this.#settleReady = { resolve, reject };
  });
  #threadsToWarm: number;

  /** @throws Error when this machine can run neither the engine asked for nor its stand-in */
  constructor({ engine, threads, maxWaitMs, niceIncrement, observe }: StretcherOptions) {
    this.engine = resolveStretchEngine(engine);
    this.#observe = observe;
    this.#threadsToWarm = threads;
    const workerData: StretchThreadData = { engine: this.engine };
    this.#pool = new ThreadPool({
      file: new URL('./thread/stretch-thread.js', import.meta.url),
      threads,
      niceIncrement,
      workerData,
      onMessage: (message) => this.#noteReady(message as StretchThreadReady),
      onDied: (error) => this.#noteDeath(error),
    });
    this.queue = new StretchQueue({
      threads,
      pairing: canPair(this.engine),
      maxWaitMs,
      run: (batch) => this.#pool.run(batch),
      now: () => performance.now(),
      ...(observe && { observe }),
    });
    // Who does not ask for it hears of it with the first stretch.
    this.#ready.catch(() => {});
  }

  /** The threads there are, for the tests that kill one. */
  get threads() {
    return this.#pool.threads;
  }

  /**
   * Resolves when every thread has warmed up. Nobody needs to wait for it: what comes earlier is stretched,
   * and waits for the thread.
   * @throws Error when no thread can start
   */
  ready(): Promise<void> {
    return this.#ready;
  }

  /**
   * Stretches a password to its verifier and unwrapBKey. The request's password bytes are wiped, whatever
   * the outcome.
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
  close(): Promise<void> {
    return this.#pool.close();
  }

  #noteReady({ batchSize, tookMs }: StretchThreadReady): void {
    if (tookMs !== undefined) this.queue.learn(batchSize, tookMs);
    this.#threadsToWarm--;
    if (this.#threadsToWarm === 0) this.#settleReady.resolve();
  }

  #noteDeath(error: Error | undefined): void {
    this.#observe?.({ type: 'threadDied', error });
    if (this.threads.length > 0) return;
    this.#settleReady.reject(new Error('no stretch thread can start', { cause: error }));
  }
}
