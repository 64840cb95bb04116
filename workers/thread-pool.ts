import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';

/** How long the end of a pool waits for threads that start, in ms: many times what it takes. */
const START_DEADLINE_MS = 10_000;
/** A time limit is counted in so many ticks: after the process was stopped for a while, one tick has passed. */
const TICKS = 20;

export interface ThreadPoolOptions {
  /** The module whose default export does a task. */
  file: URL;
  /** At least 1. */
  threads: number;
  workerData?: unknown;
  /** How much lower than the event loop the threads' OS priority is (POSIX nice). */
  niceIncrement?: number;
  tasksPerThread?: number;
  /** Called when a thread ends without being told to, with why if that is known. */
  onDied?: (error: Error | undefined) => void;
}

/**
 * Piscina, for threads that may die or hang. Piscina replaces a dead thread; this class adds the time limit, the
 * notice of a death, and that no task waits for a thread when none can start.
 */
export class ThreadPool<Task, Result> {
  readonly #options: ThreadPoolOptions;
  #pool: Piscina<Task, Result> | undefined;
  /** Whether a thread has started, or died of it. */
  readonly #starts = new WeakMap<Worker, Promise<boolean>>();
  /** Threads that have not exited, those that died or hung included. */
  readonly #alive = new Set<Worker>();
  #closing = false;
  #lastError: Error | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  /** The threads there are. */
  get threads() {
    return this.#pool?.threads ?? [];
  }

  /** Tasks waiting for a thread. */
  get waiting(): number {
    return this.#pool?.queueSize ?? 0;
  }

  /** Seconds that threads held tasks since the start; those that a thread holds at once count each. */
  get busySeconds(): number {
    if (!this.#pool?.completed) return 0;
    // From the mean: Piscina 5.3 divides its `utilization` by a thousand twice.
    return (this.#pool.histogram.runTime.mean * this.#pool.completed) / 1000;
  }

  /**
   * Starts the threads, which the first task does otherwise. Resolves when they run.
   * @throws Error when none can start
   */
  async start(): Promise<void> {
    this.#open();
    while (!(await this.#started())) {
      if (this.threads.length === 0) throw new Error('no thread can start');
    }
  }

  /**
   * @param options.transferList buffers of the task that are moved to the thread
   * @throws what the task throws, or Error when its thread dies or none can start
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
   * Runs a task that may hang. After `timeLimitMs` its thread is ended and replaced.
   * @throws what {@link run} throws, or Error when the task hung
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

  /** Resolves when the threads that died or hung have exited, and touch no shared memory any more. */
  async deadThreadsExited(): Promise<void> {
    const dead = [...this.#alive].filter((thread) => !this.threads.includes(thread));
    await Promise.all(dead.map((thread) => once(thread, 'exit')));
  }

  /**
   * Ends the threads; tasks under way fail. Waits for threads that start: Node aborts the process when a thread is
   * ended while it loads a module (`v8::Module::IsGraphAsync must be used on an instantiated module`, seen with Node 20).
   */
  async close(): Promise<void> {
    this.#closing = true;
    const late = new AbortController();
    // Without a timer nothing keeps the process alive until then: Piscina's idle threads do not.
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
      // Without it a task that finds no thread goes behind those that came later: of 32 clients one then
      // waits ten times as long as the others.
      stricterFIFO: true,
      workerData,
    });
    // An idle thread's error; those of busy ones go to their tasks. Without a listener it ends the process.
    pool.on('error', (error) => {
      this.#lastError = error as Error;
    });
    // Piscina emits the error after this event, and replaces the thread: wait for both.
    pool.on('workerDestroy', () => queueMicrotask(() => this.#noteDeath(pool)));
    this.#pool = pool;
    this.#watchStarts();
    return pool;
  }

  /** Waits until each thread has started or died. @returns whether all have started */
  async #started(): Promise<boolean> {
    this.#watchStarts();
    return (await Promise.all(this.threads.map((thread) => this.#starts.get(thread)))).every(Boolean);
  }

  /** Piscina tells of its first threads before they have started. The first message of each says that it has. */
  #watchStarts(): void {
    for (const thread of this.threads) {
      if (this.#starts.has(thread)) continue;
      this.#alive.add(thread);
      thread.once('exit', () => this.#alive.delete(thread));
      const start = new AbortController();
      const ready = once(thread, 'message', start).then(() => true);
      const ended = once(thread, 'exit', start).then(() => false);
      // `once` rejects when the thread fails.
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
    // Piscina gives up on threads that fail as they start, and leaves their tasks in the queue.
    if (pool.threads.length === 0 && pool.queueSize > 0) void pool.destroy();
    this.#options.onDied?.(error);
  }
}
