import type { CryptoOperation, CryptoOperations, CryptoTask, CryptoThreadData } from './messages.js';
import { ThreadPool } from './thread-pool.js';

export class CryptoPoolError extends Error {
  readonly code = 'CRYPTO_POOL_FAILED';
}

export interface CryptoPoolOptions {
  threads: number;
  /** `openssl` for modular exponentiation through OpenSSL, `jsbn` for runtimes without it. */
  modPow: 'openssl' | 'jsbn';
  observe?: (event: CryptoThreadDied) => void;
}

/** A thread ended unexpectedly. Its tasks failed, and another thread replaces it. */
export interface CryptoThreadDied {
  type: 'threadDied';
  /** The error of an idle thread. Tasks of a busy thread reject with its error. */
  error: Error | undefined;
}

/** Threads for SRP and signing, which take some ms each. They are separate, so that they never wait for a stretch. */
export class CryptoPool {
  readonly #pool: ThreadPool<CryptoTask, unknown>;

  constructor({ modPow, threads, observe }: CryptoPoolOptions) {
    const workerData: CryptoThreadData = { modPow };
    this.#pool = new ThreadPool({
      file: new URL('./thread/crypto-thread.js', import.meta.url),
      threads,
      workerData,
      // The second task is queued in the thread, which then does not wait for the event loop.
      tasksPerThread: 2,
      onDied: (error) => observe?.({ type: 'threadDied', error }),
    });
  }

  get waiting(): number {
    return this.#pool.waiting;
  }

  /** Total time of operations in threads since the start, in seconds. Each thread holds up to two at a time. */
  get busySeconds(): number {
    return this.#pool.busySeconds;
  }

  /** For tests that kill one. */
  get threads() {
    return this.#pool.threads;
  }

  /** @throws CryptoPoolError when the operation fails or its thread dies */
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
   * Starts the threads, as the first operation otherwise does.
   * @throws Error when no thread can start
   */
  start(): Promise<void> {
    return this.#pool.start();
  }

  /** Running operations fail. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
