import { InFlightRequests } from './in-flight-requests.js';
import type { CryptoOperation, CryptoOperations, CryptoTask, CryptoThreadData } from './messages.js';
import { startTimer } from './start-timer.js';
import { type TaskClient, type TaskEvent, TaskQueue } from './task-queue.js';
import { ThreadPool } from './thread-pool.js';

export class CryptoPoolBusyError extends Error {
  readonly code = 'CRYPTO_POOL_BUSY';

  /** @param waitMs predicted wait */
  constructor(readonly waitMs: number) {
    super('too many operations wait');
  }
}

export interface CryptoPoolOptions {
  threads: number;
  /** `jsbn` for runtimes without modular exponentiation in OpenSSL. */
  modPow: 'openssl' | 'jsbn';
  observe?: (event: TaskEvent | CryptoThreadDied | { type: 'refused' }) => void;
}

/** A thread ended unexpectedly. Its tasks failed, and another thread replaces it. */
export interface CryptoThreadDied {
  type: 'threadDied';
  /** The error of an idle thread. Tasks of a busy thread reject with its error. */
  error: Error | undefined;
}

/** Maximum predicted wait. */
export const MAX_WAIT_MS = 2000;
/** The second task is queued in the thread, which then does not wait for the event loop. */
const TASKS_PER_THREAD = 2;
/** Assumed time of an operation before the first measurement. */
const FIRST_GUESS_MS = { openssl: 5, jsbn: 100 };

/** Operations must not wait for a stretch: see docs/architecture.md, "SRP and signing". */
export class CryptoPool {
  readonly queue: TaskQueue<CryptoTask, unknown, { indexes: number[] }>;
  readonly #inFlight = new InFlightRequests();
  readonly #pool: ThreadPool<CryptoTask, unknown>;
  readonly #observe: CryptoPoolOptions['observe'];

  constructor({ modPow, threads, observe }: CryptoPoolOptions) {
    const workerData: CryptoThreadData = { modPow };
    this.#observe = observe;
    this.#pool = new ThreadPool({
      file: new URL('./thread/crypto-thread.js', import.meta.url),
      threads,
      workerData,
      tasksPerThread: TASKS_PER_THREAD,
      onDied: (error) => observe?.({ type: 'threadDied', error }),
    });
    this.queue = new TaskQueue({
      slots: Array.from({ length: threads * TASKS_PER_THREAD }, (_, i) => ({ indexes: [i] })),
      run: async ([task]) => [{ reply: await this.#pool.run(task as CryptoTask) }],
      recover: async () => {},
      now: () => performance.now(),
      after: startTimer,
      observe,
    });
    this.queue.expect(1, FIRST_GUESS_MS[modPow]);
  }

  get threads() {
    return this.#pool.threads;
  }

  /** @throws CryptoPoolBusyError; TaskAbandonedError, TaskFailedError (see TaskQueue) */
  async run<Op extends CryptoOperation>(
    op: Op,
    input: CryptoOperations[Op]['in'],
    client: TaskClient,
  ): Promise<Awaited<CryptoOperations[Op]['out']>> {
    const { source } = client;
    const waitMs = this.queue.predictWaitMs(this.#inFlight.countAhead(source));
    if (waitMs > MAX_WAIT_MS) {
      this.#observe?.({ type: 'refused' });
      throw new CryptoPoolBusyError(waitMs);
    }
    this.#inFlight.add(source);
    try {
      const reply = await this.queue.submit({ op, input } as CryptoTask, client);
      return reply as Awaited<CryptoOperations[Op]['out']>;
    } finally {
      this.#inFlight.remove(source);
    }
  }

  /** Starts the threads; otherwise the first operation starts them. @throws Error when no thread can start */
  start(): Promise<void> {
    return this.#pool.start();
  }

  /** Running operations fail. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
