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
  /** Each running batch uses one allocation, which has a slot for each task. */
  slots: Slots[];
  /** Runs a batch on a free thread, which is terminated after `timeLimitMs`. */
  run: (batch: Task[], slots: Slots, timeLimitMs: number) => Promise<Outcome<Reply>[]>;
  /** Waits until dead threads no longer use their slots. */
  recover: () => Promise<unknown>;
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
/** Multiple of the expected time after which predictions count a thread as overdue. */
const OVERDUE_FACTOR = 4;
/** Minimum of that time, in ms: other programs can take the cores, and tasks of a crypto thread differ tenfold. */
const MIN_OVERDUE_MS = 2_000;
/** Part of the expected time of a full batch that an idle thread waits for more requests while another thread stretches. */
const FILL_FACTOR = 0.1;

/**
 * The queue in front of a thread pool: round robin over sources, first come first served within a source.
 * It never refuses a request; load shedding before it bounds its length (docs/architecture.md, "Admission").
 */
export class TaskQueue<Task, Reply, Slots extends { indexes: unknown[] }> {
  /** Waiting requests by source, in round-robin order: the first source is next. */
  readonly #bySource = new Map<string, Waiting<Task, Reply>[]>();
  readonly #free: Set<Slots>;
  /** When each running batch started. */
  readonly #running = new Map<Slots, number>();
  #waiting = 0;
  /** Cancels the timer of the next batch, which an idle thread waits to fill. */
  #stopFilling: (() => void) | undefined;
  #groupSize = 1;
  /** Moving average of the time of a full batch, in ms. */
  #batchMs = 0;
  /** Exceeds the average on a busy machine. Initially an assumption, as the processor can be slow, or busy. */
  #latestBatchMs = 1_500;

  constructor(private readonly options: TaskQueueOptions<Task, Reply, Slots>) {
    this.#free = new Set(options.slots);
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Sets the maximum number of tasks in a batch, and the expected time of such a batch. */
  expect(groupSize: number, batchMs: number): void {
    this.#groupSize = groupSize;
    this.#batchMs = batchMs;
  }

  /** @throws TaskAbandonedError when the client closes the connection first; TaskFailedError */
  submit(task: Task, { source, heldMs = 0, signal }: TaskClient): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const requests = this.#bySource.get(source) ?? [];
      requests.push({ task, arrivedMs: this.options.now() - heldMs, resolve, reject, signal });
      this.#bySource.set(source, requests);
      this.#waiting++;
      this.#dispatch();
    });
  }

  /** Reserves slots until they are released. Returns `false` when a batch runs in them, or requests wait for them. */
  claim(slots: Slots): boolean {
    const isSpare = this.#waiting === 0 || this.#free.size > 1;
    return isSpare && this.#free.delete(slots);
  }

  release(slots: Slots): void {
    this.#free.add(slots);
    this.#dispatch();
  }

  /**
   * Predicts the wait behind `ahead` others: their number divided by the measured throughput. An overdue thread counts as
   * a twentieth of a thread.
   */
  predictWaitMs(ahead: number): number {
    const { slots, now } = this.options;
    const overdueSinceMs = now() - Math.max(OVERDUE_FACTOR * this.#batchMs, MIN_OVERDUE_MS);
    const overdue = [...this.#running.values()].filter((startedMs) => startedMs < overdueSinceMs).length;
    const threads = slots.length - overdue + overdue / HANG_FACTOR;
    return ((ahead / this.#groupSize) * this.#batchMs) / threads;
  }

  /** Starts a batch on each idle thread. A small batch waits for more requests first, unless no other batch runs. */
  #dispatch(): void {
    if (this.#waiting === 0 || this.#free.size === 0) return;
    if (this.#waiting >= this.#groupSize || this.#running.size === 0) this.#startBatch();
    else this.#stopFilling ??= this.options.after(FILL_FACTOR * this.#batchMs, () => this.#startBatch());
  }

  #startBatch(): void {
    this.#stopFilling?.();
    this.#stopFilling = undefined;
    // The slots released last: the first stretch in others has to map their memory.
    const slots = [...this.#free].at(-1) as Slots;
    const batch = this.#takeBatch(Math.min(this.#groupSize, slots.indexes.length));
    if (batch.length === 0) return;
    this.#free.delete(slots);
    void this.#run(batch, slots);
    this.#dispatch();
  }

  /**
   * Takes the next requests, one of each source in turn. A batch with a source's last request gets no second requests of
   * other sources: it would take longer, and sources with many requests would delay others.
   */
  #takeBatch(size: number): Waiting<Task, Reply>[] {
    const batch: Waiting<Task, Reply>[] = [];
    const sources = new Set<string>();
    let hasLastOfSource = false;
    // A source that is added again comes last.
    for (const [source, requests] of this.#bySource) {
      if (batch.length === size || (hasLastOfSource && sources.has(source))) break;
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
      this.options.observe?.({ type: 'abandoned' });
      next.reject(new TaskAbandonedError('the client disconnected'));
    }
    return undefined;
  }

  async #run(batch: Waiting<Task, Reply>[], slots: Slots): Promise<void> {
    const { now, run, recover, observe } = this.options;
    const startedMs = now();
    this.#running.set(slots, startedMs);
    for (const { arrivedMs } of batch) observe?.({ type: 'started', waitedMs: startedMs - arrivedMs });
    let isUsable = true;
    const timeLimitMs = HANG_FACTOR * Math.max(this.#batchMs, this.#latestBatchMs);
    const tasks = batch.map(({ task }) => task);
    const outcomes = await run(tasks, slots, timeLimitMs).catch((error: Error) => {
      isUsable = false;
      return batch.map((): Outcome<Reply> => ({ failure: error.message }));
    });
    const serviceMs = now() - startedMs;
    const failed = outcomes.filter((outcome) => 'failure' in outcome).length;
    if (failed === 0) this.#learn(batch.length, serviceMs);
    // Other programs may have all cores: the next batches get more time, or every one would fail.
    else if (serviceMs >= timeLimitMs) this.#latestBatchMs = (2 * timeLimitMs) / HANG_FACTOR;
    this.#running.delete(slots);
    observe?.({ type: 'finished', batchSize: batch.length, serviceMs, failed });
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] ?? { failure: 'no outcome' };
      if ('reply' in outcome) resolve(outcome.reply);
      else reject(new TaskFailedError(outcome.failure));
    });
    // If recovery fails, the next batch overwrites the slots.
    if (!isUsable) await recover().catch(() => {});
    this.release(slots);
  }

  #learn(size: number, serviceMs: number): void {
    this.#latestBatchMs = serviceMs;
    const batchMs = (serviceMs / size) * this.#groupSize;
    // A smaller batch takes longer for each task, so it may only lower the average.
    if (size < this.#groupSize && batchMs > this.#batchMs) return;
    this.#batchMs += AVERAGE_GAIN * (batchMs - this.#batchMs);
  }
}
