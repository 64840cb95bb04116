import type {
  SlotAllocation,
  StretchBatch,
  StretchOutcome,
  StretchReply,
  StretchRequest,
} from './messages.js';

/** The client hung up before its stretch began. */
export class StretchAbandonedError extends Error {
  readonly code = 'STRETCH_ABANDONED';
}

/** The stretch failed, or its thread died or hung. The message says which, nothing secret. */
export class StretchFailedError extends Error {
  readonly code = 'STRETCH_FAILED';
}

/** Who orders a stretch. */
export interface StretchOrder {
  /** Where the request comes from; the queue is fair over sources. */
  source: string;
  /** Aborted when the client hangs up. */
  signal?: AbortSignal;
}

/** What happened in the queue, for metrics. Times in ms. */
export type StretchEvent =
  | { type: 'abandoned' }
  | { type: 'started'; waitedMs: number }
  | { type: 'finished'; batchSize: number; serviceMs: number; failed: number };

export interface StretchQueueOptions {
  /** Runs a batch on a free thread, and ends it after `timeLimitMs`. */
  run: (batch: StretchBatch, slots: SlotAllocation, timeLimitMs: number) => Promise<StretchOutcome[]>;
  /** Makes slots usable again whose thread died. */
  recover: (slots: SlotAllocation) => Promise<unknown>;
  /** A monotonic clock, in ms. */
  now: () => number;
  observe?: (event: StretchEvent) => void;
}

interface Waiting {
  request: StretchRequest;
  arrivedMs: number;
  resolve: (reply: StretchReply) => void;
  reject: (error: Error) => void;
  stopListening: () => void;
}

/** Assumed time of a batch until one was measured, in ms. */
const FIRST_GUESS_MS = 500;
/** Weight of the newest batch in the moving average. */
const AVERAGE_GAIN = 0.2;
/** A thread counts as hung, and is replaced, after so many times the expected time of a batch. */
const HANG_FACTOR = 20;
/** Shortest time limit of a batch, in ms: a thread on a busy or paused machine is not hung. */
const MIN_TIME_LIMIT_MS = 10_000;
/** A thread that needs more than this many times the expected time is not relied on for predictions. */
const OVERDUE_FACTOR = 4;

/**
 * The queue in front of the stretch threads: round robin over sources, first come first served within a source.
 * It refuses nothing; load shedding in front of it bounds its length (docs/architecture.md, "Admission").
 *
 * As many batches run at a time as there are slot allocations; the queue has none until they are released to it.
 */
export class StretchQueue {
  readonly #options: StretchQueueOptions;
  /** The next source in turn is the first. */
  readonly #bySource = new Map<string, Waiting[]>();
  readonly #free: SlotAllocation[] = [];
  /** When each batch under way began, in ms. */
  readonly #running = new Set<{ startedMs: number }>();
  #waiting = 0;
  #groupSize = 1;
  /** Moving average of a thread's time for a password in a full batch, in ms. */
  #msPerStretch = FIRST_GUESS_MS;

  constructor(options: StretchQueueOptions) {
    this.#options = options;
  }

  /** Requests that wait for a thread. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Batches under way. */
  get running(): number {
    return this.#running.size;
  }

  /**
   * Sets how passwords are grouped from now on.
   * @param groupSize the most passwords of a batch
   * @param batchMs what a batch of that size was measured to take, in ms
   */
  expect(groupSize: number, batchMs = this.#msPerStretch * groupSize): void {
    this.#groupSize = groupSize;
    this.#msPerStretch = batchMs / groupSize;
  }

  /**
   * Queues a stretch.
   * @throws StretchAbandonedError when the client hangs up first; StretchFailedError
   */
  async submit(request: StretchRequest, { source, signal }: StretchOrder): Promise<StretchReply> {
    if (signal?.aborted) return this.#abandon();
    return new Promise((resolve, reject) => {
      const drop = () => this.#drop(source, entry);
      const entry: Waiting = {
        request,
        arrivedMs: this.#options.now(),
        resolve,
        reject,
        stopListening: () => signal?.removeEventListener('abort', drop),
      };
      signal?.addEventListener('abort', drop, { once: true });
      const line = this.#bySource.get(source);
      if (line) line.push(entry);
      else this.#bySource.set(source, [entry]);
      this.#waiting++;
      this.#dispatch();
    });
  }

  /** Keeps batches from using slots until they are released. Returns false when a batch runs in them. */
  claim(slots: SlotAllocation): boolean {
    const i = this.#free.indexOf(slots);
    if (i >= 0) this.#free.splice(i, 1);
    return i >= 0;
  }

  /** Lets batches use slots. */
  release(slots: SlotAllocation): void {
    this.#free.push(slots);
    this.#dispatch();
  }

  /**
   * How long a request waits to start behind so many others, in ms: their number divided by the measured throughput.
   * A thread that is overdue counts as one that needs until its time limit for each batch.
   */
  predictWaitMs(ahead: number): number {
    const overdueSinceMs = this.#options.now() - OVERDUE_FACTOR * this.#fullBatchMs;
    const overdue = [...this.#running].filter(({ startedMs }) => startedMs < overdueSinceMs).length;
    const batches = Math.max(1, this.#free.length + this.#running.size);
    return (ahead * this.#msPerStretch) / (batches - overdue + overdue / HANG_FACTOR);
  }

  get #fullBatchMs(): number {
    return this.#msPerStretch * this.#groupSize;
  }

  #dispatch(): void {
    while (this.#waiting > 0) {
      const slots = this.#free.pop();
      if (!slots) return;
      void this.#start(this.#takeBatch(Math.min(this.#groupSize, slots.indexes.length)), slots);
    }
  }

  /**
   * Takes the next requests, one of each source in turn. A batch with the last request of a source is not filled up
   * with second requests of others: it would end later, and a greedy source would slow a modest one down.
   */
  #takeBatch(size: number): Waiting[] {
    const batch: Waiting[] = [];
    const sources = new Set<string>();
    let hasLastOfSource = false;
    while (batch.length < size) {
      const [source, line] = this.#bySource.entries().next().value ?? [];
      if (source === undefined || !line || (hasLastOfSource && sources.has(source))) break;
      batch.push(line.shift() as Waiting);
      sources.add(source);
      this.#bySource.delete(source);
      if (line.length > 0) this.#bySource.set(source, line);
      else hasLastOfSource = true;
    }
    this.#waiting -= batch.length;
    return batch;
  }

  async #start(batch: Waiting[], slots: SlotAllocation): Promise<void> {
    const { now, run, recover, observe } = this.#options;
    const running = { startedMs: now() };
    this.#running.add(running);
    for (const { arrivedMs, stopListening } of batch) {
      stopListening();
      observe?.({ type: 'started', waitedMs: running.startedMs - arrivedMs });
    }
    const requests = batch.map(({ request }) => request);
    let outcomes: StretchOutcome[];
    let isUsable = true;
    try {
      outcomes = await run(requests, slots, Math.max(HANG_FACTOR * this.#fullBatchMs, MIN_TIME_LIMIT_MS));
    } catch (error) {
      outcomes = batch.map(() => ({ failure: (error as Error).message }));
      isUsable = false;
    }
    const serviceMs = now() - running.startedMs;
    const failed = outcomes.filter((outcome) => 'failure' in outcome).length;
    if (failed === 0) this.#learn(batch.length, serviceMs);
    this.#running.delete(running);
    if (isUsable) this.release(slots);
    // Recovery that fails leaves the slots to the next stretch, which overwrites them.
    else
      void recover(slots)
        .catch(() => {})
        .then(() => this.release(slots));
    observe?.({ type: 'finished', batchSize: batch.length, serviceMs, failed });
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] ?? { failure: 'no outcome' };
      if ('reply' in outcome) resolve(outcome.reply);
      else reject(new StretchFailedError(outcome.failure));
    });
  }

  /** A smaller batch needs more time for each password, so that it can only lower the estimate. */
  #learn(size: number, serviceMs: number): void {
    const ms = serviceMs / size;
    if (size < this.#groupSize && ms > this.#msPerStretch) return;
    this.#msPerStretch += AVERAGE_GAIN * (ms - this.#msPerStretch);
  }

  #drop(source: string, entry: Waiting): void {
    const line = this.#bySource.get(source) as Waiting[];
    line.splice(line.indexOf(entry), 1);
    if (line.length === 0) this.#bySource.delete(source);
    this.#waiting--;
    this.#abandon().catch(entry.reject);
  }

  #abandon(): Promise<never> {
    this.#options.observe?.({ type: 'abandoned' });
    return Promise.reject(new StretchAbandonedError('the client hung up'));
  }
}
