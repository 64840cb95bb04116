import type { CryptoOperation, CryptoOperations, CryptoTask, CryptoThreadData } from './messages.js';
import { ThreadPool } from './thread-pool.js';

/** An operation of the crypto pool failed, or its thread died. */
export class CryptoPoolError extends Error {
  readonly code = 'CRYPTO_POOL_FAILED';
}

export interface CryptoPoolOptions {
  threads: number;
  /** `openssl` for modular exponentiation through OpenSSL, `jsbn` where that is not to be had. */
  modPow: 'openssl' | 'jsbn';
  observe?: (event: CryptoThreadDied) => void;
}

/** A thread ended unexpectedly. Its tasks have failed, and another thread replaces it. */
export interface CryptoThreadDied {
  type: 'threadDied';
  /** Why an idle thread died; the error of a busy one goes to its tasks. */
  error: Error | undefined;
}

/** Threads for SRP and signing, some milliseconds each, apart from the stretches, so that they never wait for one. */
export class CryptoPool {
  readonly #pool: ThreadPool<CryptoTask, unknown>;

  constructor({ modPow, threads, observe }: CryptoPoolOptions) {
    const workerData: CryptoThreadData = { modPow };
    this.#pool = new ThreadPool({
      file: new URL('./thread/crypto-thread.js', import.meta.url),
      threads,
      workerData,
      // One in work and one at hand: a thread need not wait for the event loop between two.
      tasksPerThread: 2,
      onDied: (error) => observe?.({ type: 'threadDied', error }),
    });
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
   * @throws CryptoPoolError when the operation fails or its thread dies
   */
  async run<Op extends CryptoOperation>(
    op: Op,
    input: CryptoOperations[Op]['in'],
  ): Promise<CryptoOperations[Op]['out']> {
    try {
      return (await this.#pool.run({ op, input } as CryptoTask)) as CryptoOperations[Op]['out'];
    } catch (error) {
      throw new CryptoPoolError(`${op} failed`, { cause: error });
    }
  }

  /**
   * Starts the threads, which the first operation does otherwise.
   * @throws Error when none can start
   */
  start(): Promise<void> {
    return this.#pool.start();
  }

  /** Ends the threads; operations under way fail. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
