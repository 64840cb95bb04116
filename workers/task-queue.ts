import type { Outcome } from './messages.js';

/** Thrown when the client closes the connection before its task starts. */
export class TaskAbandonedError extends Error {
  readonly code = 'TASK_ABANDONED';
}

/** Thrown when a task fails, or its thread dies or hangs. The message contains no secret. */
export class TaskFailedError extends Error {
  readonly code = 'TASK_FAILED';
}

export interface TaskClient {
  /** The queue is fair between sources. */
  source: string;
  /** Time that the request waited before, in ms; part of its measured wait. */
  heldMs?: number;
  /** Aborted when the client closes the connection. */
  signal?: AbortSignal;
}

/** For metrics. Times in ms. */
export type TaskEvent =
  | { type: 'abandoned' }
  | { type: 'started'; waitedMs: number }
  | { type: 'finished'; batchSize: number; serviceMs: number; failed: number };

export interface TaskQueueOptions<Task, Reply, Slots> {
  /** Runs a batch on a free thread, which is terminated after `timeLimitMs`. */
  run: (batch: Task[], slots: Slots, timeLimitMs: number) => Promise<Outcome<Reply>[]>;
  /** Prepares the slots of a dead thread for use. */
  recover: (slots: Slots) => Promise<unknown>;
  /** A monotonic clock, in ms. */
  now: () => number;
  /** Starts a timer. Returns a function that cancels it. */
  after: (ms: number, callBack: () => void) => () => void;
  observe?: ((event: TaskEvent) => void) | undefined;
}

interface Waiting<Task, Reply> {
  task: Task;
  arrivedMs: number;
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
  signal: AbortSignal | undefined;
}

/** Weight of the newest batch in the moving average. */
const AVERAGE_GAIN = 0.2;
/** Multiple of the expected time of a batch after which a thread counts as hung and is replaced. */
const HANG_FACTOR = 20;
/** Assumed time of the latest batch until one has finished, in ms: the processor can be slow, or busy. */
const FIRST_BATCH_MS = 1_500;
/** Multiple of the expected time after which predictions count a thread as overdue. */
const OVERDUE_FACTOR = 4;
/** Minimum of that time, in ms: other programs can take the cores, and tasks of a crypto thread differ tenfold. */
const MIN_OVERDUE_MS = 2_000;
/** Part of the expected time of a full batch that an idle thread waits for more requests while another thread stretches. */
const FILL_FACTOR = 0.1;

/**
 * The queue in front of a thread pool: round robin over sources, first come first served within a source.
 * It never refuses a request; load shedding before it bounds its length (docs/architecture.md, "Admission").
 *
 * Each running batch uses one slot allocation, which has a slot for each task. `release` adds allocations.
 */
export class TaskQueue<Task, Reply, Slots extends { indexes: unknown[] }> {
  readonly #options: TaskQueueOptions<Task, Reply, Slots>;
  /** Waiting requests by source, in round-robin order: the first source is next. */
  readonly #bySource = new Map<string, Waiting<Task, Reply>[]>();
  readonly #free: Slots[] = [];
  readonly #running = new Set<{ startedMs: number }>();
  #waiting = 0;
  /** Cancels the timer of the next batch, which an idle thread waits to fill. */
  #stopFilling: (() => void) | undefined;
  #isFillTimeOver = false;
  #groupSize = 1;
  /** Moving average of the time for each task in a full batch, in ms. */
  #msPerTask = 0;
  /** On a busy machine it exceeds the average. */
  #latestBatchMs = FIRST_BATCH_MS;

  constructor(options: TaskQueueOptions<Task, Reply, Slots>) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Sets the maximum number of tasks in a batch, and the expected time of such a batch. */
  expect(groupSize: number, batchMs: number): void {
    this.#groupSize = groupSize;
    this.#msPerTask = batchMs / groupSize;
  }

  /** @throws TaskAbandonedError when the client closes the connection first; TaskFailedError */
  submit(task: Task, { source, heldMs = 0, signal }: TaskClient): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const requests = this.#bySource.get(source) ?? [];
      requests.push({ task, arrivedMs: this.#options.now() - heldMs, resolve, reject, signal });
      this.#bySource.set(source, requests);
      this.#waiting++;
      this.#dispatch();
    });
  }

  /** Reserves slots until they are released. Returns `false` when a batch runs in them. */
  claim(slots: Slots): boolean {
    const i = this.#free.indexOf(slots);
    if (i >= 0) this.#free.splice(i, 1);
    return i >= 0;
  }

  release(slots: Slots): void {
    this.#free.push(slots);
    this.#dispatch();
  }

  /**
   * Predicts the wait behind `ahead` others: their number divided by the measured throughput. An overdue thread counts as
   * a twentieth of a thread.
   */
  predictWaitMs(ahead: number): number {
    const overdueMs = Math.max(OVERDUE_FACTOR * this.#fullBatchMs, MIN_OVERDUE_MS);
    const overdueSinceMs = this.#options.now() - overdueMs;
    const overdue = [...this.#running].filter(({ startedMs }) => startedMs < overdueSinceMs).length;
    const batches = Math.max(1, this.#free.length + this.#running.size);
    return (ahead * this.#msPerTask) / (batches - overdue + overdue / HANG_FACTOR);
  }

  get #fullBatchMs(): number {
    return this.#msPerTask * this.#groupSize;
  }

  /** Starts batches on idle threads. A small batch waits for more requests first, unless no other batch runs. */
  #dispatch(): void {
    while (this.#waiting > 0 && this.#free.length > 0) {
      if (this.#waiting < this.#groupSize && this.#running.size > 0 && !this.#isFillTimeOver) {
        this.#stopFilling ??= this.#options.after(FILL_FACTOR * this.#fullBatchMs, () => {
          this.#isFillTimeOver = true;
          this.#dispatch();
        });
        return;
      }
      this.#stopFilling?.();
      this.#stopFilling = undefined;
      this.#isFillTimeOver = false;
      const slots = this.#free.pop() as Slots;
      const batch = this.#takeBatch(Math.min(this.#groupSize, slots.indexes.length));
      if (batch.length > 0) void this.#start(batch, slots);
      else this.#free.push(slots);
    }
  }

  /**
   * Takes the next requests, one of each source in turn. A batch with a source's last request gets no second requests of
   * other sources: it would take longer, and sources with many requests would delay others.
   */
  #takeBatch(size: number): Waiting<Task, Reply>[] {
    const batch: Waiting<Task, Reply>[] = [];
    const sources = new Set<string>();
    let hasLastOfSource = false;
    while (batch.length < size) {
      const [source, requests] = this.#bySource.entries().next().value ?? [];
      if (source === undefined || !requests || (hasLastOfSource && sources.has(source))) break;
      const next = this.#takeNext(requests);
      this.#bySource.delete(source);
      if (requests.length > 0) this.#bySource.set(source, requests);
      else if (next) hasLastOfSource = true;
      if (next) batch.push(next);
      sources.add(source);
    }
    return batch;
  }

  /** Takes the next request of a source, and drops those whose client has disconnected. */
  #takeNext(requests: Waiting<Task, Reply>[]): Waiting<Task, Reply> | undefined {
    for (let next = requests.shift(); next; next = requests.shift()) {
      this.#waiting--;
      if (!next.signal?.aborted) return next;
      this.#options.observe?.({ type: 'abandoned' });
      next.reject(new TaskAbandonedError('the client disconnected'));
    }
    return undefined;
  }

  async #start(batch: Waiting<Task, Reply>[], slots: Slots): Promise<void> {
    const { now, run, recover, observe } = this.#options;
    const running = { startedMs: now() };
    this.#running.add(running);
    for (const { arrivedMs } of batch)
      observe?.({ type: 'started', waitedMs: running.startedMs - arrivedMs });
    let isUsable = true;
    const timeLimitMs = HANG_FACTOR * Math.max(this.#fullBatchMs, this.#latestBatchMs);
    const tasks = batch.map(({ task }) => task);
    const outcomes = await run(tasks, slots, timeLimitMs).catch((error: Error) => {
      isUsable = false;
      return batch.map((): Outcome<Reply> => ({ failure: error.message }));
    });
    const serviceMs = now() - running.startedMs;
    const failed = outcomes.filter((outcome) => 'failure' in outcome).length;
    if (failed === 0) {
      this.#latestBatchMs = serviceMs;
      this.#learn(batch.length, serviceMs);
    }
    // Other programs may have all cores: the next batches get more time, or every one would fail.
    else if (serviceMs >= timeLimitMs) this.#learn(this.#groupSize, serviceMs);
    this.#running.delete(running);
    observe?.({ type: 'finished', batchSize: batch.length, serviceMs, failed });
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] ?? { failure: 'no outcome' };
      if ('reply' in outcome) resolve(outcome.reply);
      else reject(new TaskFailedError(outcome.failure));
    });
    // If recovery fails, the next batch overwrites the slots.
    if (!isUsable) await recover(slots).catch(() => {});
    this.release(slots);
  }

  /** Updates the average. A smaller batch takes longer for each task, so it may only lower the average. */
  #learn(size: number, serviceMs: number): void {
    const ms = serviceMs / size;
    if (size < this.#groupSize && ms > this.#msPerTask) return;
    this.#msPerTask += AVERAGE_GAIN * (ms - this.#msPerTask);
  }
}
