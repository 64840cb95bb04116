import { Piscina } from 'piscina';
import type {
  StretchEngineName,
  StretchOutcome,
  StretchReply,
  StretchRequest,
  StretchThreadData,
  StretchThreadReady,
} from './messages.js';
import { canPair, resolveStretchEngine } from './stretch-engine.js';
import { type StretchEvent, type StretchOrder, StretchQueue } from './stretch-queue.js';

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
}

/**
 * The slow lane: stretches passwords in threads of low OS priority, 64 MiB and about a tenth to a quarter
 * of a CPU second each. Nothing else queues here.
 */
export class Stretcher {
  readonly queue: StretchQueue;
  /** The engine that runs: not the one asked for where this machine cannot run that. */
  readonly engine: StretchEngineName;
  readonly #pool: Piscina<StretchRequest[], StretchOutcome[]>;
  readonly #ready: Promise<void>;
  #closing = false;

  /** @throws Error when this machine can run neither the engine asked for nor its stand-in */
  constructor({ engine, threads, maxWaitMs, niceIncrement, observe }: StretcherOptions) {
    this.engine = resolveStretchEngine(engine);
    const workerData: StretchThreadData = { engine: this.engine };
    this.#pool = new Piscina({
      filename: new URL('./thread/stretch-thread.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      niceIncrement,
      workerData,
    });
    this.queue = new StretchQueue({
      threads,
      pairing: canPair(this.engine),
      maxWaitMs,
      run: (batch) => this.#pool.run(batch),
      now: () => performance.now(),
      ...(observe && { observe }),
    });
    this.#ready = this.#awaitThreads(threads);
    this.#pool.on('workerDestroy', () => {
      if (!this.#closing) observe?.({ type: 'threadDied' });
    });
    // An idle thread's last words; unheard, they would end the process.
    this.#pool.on('error', () => {});
  }

  /** The threads of the pool, for the tests that kill one. */
  get threads() {
    return this.#pool.threads;
  }

  /**
   * Resolves when every thread has warmed up. Nobody needs to wait for it: what comes earlier is stretched,
   * and waits for the thread.
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
  async close(): Promise<void> {
    this.#closing = true;
    await this.#pool.destroy();
  }

  #awaitThreads(threads: number): Promise<void> {
    let missing = threads;
    return new Promise((resolve) => {
      this.#pool.on('message', ({ batchSize, tookMs }: StretchThreadReady) => {
        if (tookMs !== undefined) this.queue.learn(batchSize, tookMs);
        missing--;
        if (missing === 0) resolve();
      });
    });
  }
}
