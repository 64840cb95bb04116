import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';

/** Time limit for waiting for starting threads when a pool closes, in ms. */
const START_DEADLINE_MS = 10_000;
/** Number of ticks of a time limit. A pause of the process counts as one tick, so it does not exceed the limit. */
const TICKS = 20;

export interface ThreadPoolOptions {
  /** The module whose default export runs a task. */
  file: URL;
  threads: number;
  workerData?: unknown;
  /** OS priority of the threads below that of the event loop (POSIX nice increment). */
  niceIncrement?: number;
  tasksPerThread?: number;
  /** Called with the thread's error, if known. */
  onDied?: (error: Error | undefined) => void;
}

/**
 * A Piscina pool for threads that can die or hang. Piscina replaces dead threads. This class adds time limits, reports
 * deaths, and rejects waiting tasks when no thread can start.
 */
export class ThreadPool<Task, Result> {
  readonly #options: ThreadPoolOptions;
  #pool: Piscina<Task, Result> | undefined;
  /** Whether each thread started; `false` when it died first. */
  readonly #starts = new WeakMap<Worker, Promise<boolean>>();
  /** Threads that have not exited, including those being terminated. */
  readonly #alive = new Set<Worker>();
  #closing = false;
  #lastError: Error | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  get threads() {
    return this.#pool?.threads ?? [];
  }

  /**
   * Starts the threads; otherwise the first task starts them. Resolves when they run.
   * @throws Error when no thread can start
   */
  async start(): Promise<void> {
    this.#open();
    while (!(await this.#started())) {
      if (this.threads.length === 0) throw new Error('no thread can start');
    }
  }

  /**
   * @param options.transferList buffers of the task, which are moved to the thread
   * @throws the error of the task, or Error when its thread dies or no thread can start
   */
  async run(
    task: Task,
    options: { signal?: AbortSignal; transferList?: ArrayBuffer[] } = {},
  ): Promise<Result> {
    const result = this.#open().run(task, options);
    this.#watchStarts();
    return result;
  }

  /**
   * Terminates and replaces the thread after `timeLimitMs`.
   * @throws the errors of {@link run}, and Error when the task hangs
   */
  async runWithin(timeLimitMs: number, task: Task, transferList: ArrayBuffer[] = []): Promise<Result> {
    const limit = new AbortController();
    let ticks = TICKS;
    const timer = setInterval(() => {
      if (--ticks > 0) return;
      this.#lastError = new Error(`a thread hung: no result within ${Math.round(timeLimitMs)} ms`);
      limit.abort(this.#lastError);
    }, timeLimitMs / TICKS).unref();
    try {
      return await this.run(task, { signal: limit.signal, transferList });
    } catch (error) {
      throw limit.signal.aborted ? limit.signal.reason : error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Resolves when terminated threads have exited and no longer access shared memory. */
  async deadThreadsExited(): Promise<void> {
    const dead = [...this.#alive].filter((thread) => !this.threads.includes(thread));
    await Promise.all(dead.map((thread) => once(thread, 'exit')));
  }

  /**
   * Terminates the threads. Running tasks fail. Waits for starting threads: Node 20 aborts the process when a thread is
   * terminated while it loads a module (`v8::Module::IsGraphAsync must be used on an instantiated module`).
   */
  async close(): Promise<void> {
    this.#closing = true;
    const late = new AbortController();
    // The timer keeps the process alive, which Piscina's idle threads do not.
    const deadline = delay(START_DEADLINE_MS, undefined, late).catch(() => {});
    await Promise.race([this.#started(), deadline]);
    late.abort();
    await this.#pool?.destroy();
  }

  #open(): Piscina<Task, Result> {
    if (this.#pool) return this.#pool;
    if (this.#closing) throw new Error('the threads have ended');
    const { file, threads, workerData, niceIncrement = 0, tasksPerThread = 1 } = this.#options;
    const pool = new Piscina<Task, Result>({
      filename: file.href,
      minThreads: threads,
      maxThreads: threads,
      niceIncrement,
      concurrentTasksPerWorker: tasksPerThread,
      // Otherwise later tasks can overtake a queued one: one of 32 clients then waits ten times as long as the
      // others.
      stricterFIFO: true,
      workerData,
    });
    // The error of an idle thread. Without a listener it ends the process.
    pool.on('error', (error) => {
      this.#lastError = error as Error;
    });
    // Piscina emits the error after this event, and replaces the thread: wait for both.
    pool.on('workerDestroy', () => queueMicrotask(() => this.#noteDeath(pool)));
    this.#pool = pool;
    this.#watchStarts();
    return pool;
  }

  /** @returns whether all have started */
  async #started(): Promise<boolean> {
    this.#watchStarts();
    return (await Promise.all(this.threads.map((thread) => this.#starts.get(thread)))).every(Boolean);
  }

  /** Records starts. Piscina reports its first threads too early; the first message of each marks its start. */
  #watchStarts(): void {
    for (const thread of this.threads) {
      if (this.#starts.has(thread)) continue;
      this.#alive.add(thread);
      thread.once('exit', () => this.#alive.delete(thread));
      const start = new AbortController();
      const ready = once(thread, 'message', start).then(() => true);
      const ended = once(thread, 'exit', start).then(() => false);
      // `once` rejects when the thread emits an error.
      const settled = Promise.race([ready, ended]).catch(() => false);
      this.#starts.set(
        thread,
        settled.finally(() => start.abort()),
      );
    }
  }

  #noteDeath(pool: Piscina<Task, Result>): void {
    const error = this.#lastError;
    this.#lastError = undefined;
    if (this.#closing) return;
    this.#watchStarts();
    // Piscina does not replace threads that fail to start, and leaves tasks in the queue.
    if (pool.threads.length === 0 && pool.queueSize > 0) void pool.destroy();
    this.#options.onDied?.(error);
  }
}
