import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';

/** How long the end of a pool waits for threads that start, in ms: many times what it takes. */
const START_DEADLINE_MS = 10_000;

export interface ThreadPoolOptions {
  /** The module whose default export does a task. */
  file: URL;
  /** Threads that there always are; with 0, one that lives while there is work. */
  threads: number;
  workerData?: unknown;
  /** How much lower than the event loop the threads' OS priority is (POSIX nice). */
  niceIncrement?: number;
  tasksPerThread?: number;
  /** Called when a thread has loaded its module. */
  onReady?: () => void;
  /** Called when a thread ends without being told to, with why if that is known. */
  onDied?: (error: Error | undefined) => void;
}

/**
 * Piscina, with threads that may die. It replaces one that does; this adds that it is told, and that no task
 * waits for a thread when none can start.
 */
export class ThreadPool<Task, Result> {
  readonly #pool: Piscina<Task, Result>;
  readonly #options: ThreadPoolOptions;
  /** Resolve when a thread has started, or died of it. */
  readonly #starts = new WeakMap<Worker, Promise<void>>();
  #closing = false;
  #lastWords: Error | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#pool = new Piscina({
      filename: options.file.href,
      minThreads: options.threads,
      maxThreads: options.threads || 1,
      niceIncrement: options.niceIncrement ?? 0,
      concurrentTasksPerWorker: options.tasksPerThread ?? 1,
      // Without it a task that finds no thread goes behind those that came later: of 32 clients one then
      // waits ten times as long as the others.
      stricterFIFO: true,
      workerData: options.workerData,
    });
    // An idle thread's; a busy one's are told to its tasks. Unheard, they would end the process.
    this.#pool.on('error', (error) => {
      this.#lastWords = error as Error;
    });
    // In a microtask, when the pool is done with the dead and has told its last words.
    this.#pool.on('workerDestroy', () => queueMicrotask(() => this.#bury()));
    this.#watchStarts();
  }

  /** The threads there are. */
  get threads() {
    return this.#pool.threads;
  }

  /** Tasks waiting for a thread. */
  get waiting(): number {
    return this.#pool.queueSize;
  }

  /** Seconds that threads held tasks since the start; those that a thread holds at once count each. */
  get busySeconds(): number {
    const { completed, histogram } = this.#pool;
    // From the mean: Piscina 5.3 divides its `utilization` by a thousand twice.
    return completed && (histogram.runTime.mean * completed) / 1000;
  }

  /** @throws what the task throws, or Error when its thread dies or none can start */
  run(task: Task): Promise<Result> {
    const result = this.#pool.run(task);
    this.#watchStarts();
    return result;
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
    await Promise.race([Promise.all(this.threads.map((thread) => this.#starts.get(thread))), deadline]);
    late.abort();
    await this.#pool.destroy();
  }

  /** Piscina tells of its first threads before they have started; what each of them says first is that it has. */
  #watchStarts(): void {
    for (const thread of this.threads) {
      if (this.#starts.has(thread)) continue;
      const start = new AbortController();
      const ready = once(thread, 'message', start).then(this.#options.onReady);
      const ended = once(thread, 'exit', start);
      const settled = Promise.race([ready, ended]).catch(() => {});
      this.#starts.set(
        thread,
        settled.then(() => start.abort()),
      );
    }
  }

  #bury(): void {
    const error = this.#lastWords;
    this.#lastWords = undefined;
    if (this.#closing) return;
    this.#watchStarts();
    // Piscina gives up on threads that fail as they start, and leaves their tasks where they are.
    if (this.#pool.threads.length === 0 && this.#pool.queueSize > 0) void this.#pool.destroy();
    this.#options.onDied?.(error);
  }
}
