import type { StretchBatch, StretchOutcome, StretchReply, StretchRequest } from './messages.js';

/** The queue will not admit a request: it would wait longer than the operator allows. */
export class StretchOverloadError extends Error {
  readonly code = 'STRETCH_OVERLOAD';
  constructor(readonly predictedWaitMs: number) {
    super(`a stretch would wait ${Math.round(predictedWaitMs)} ms`);
  }
}

/** The sender hung up before its stretch began. */
export class StretchAbandonedError extends Error {
  readonly code = 'STRETCH_ABANDONED';
}

/** The stretch itself failed, or the thread that held it died. */
export class StretchFailedError extends Error {
  readonly code = 'STRETCH_FAILED';
}

/** Who orders a stretch; fairness is over both. */
export interface StretchOrder {
  /** Where the request comes from: an IPv4 address or an IPv6 /64. */
  source: string;
  /** The account it is for, in any stable form. */
  account: string;
  /** Aborted when the sender hangs up. */
  signal?: AbortSignal;
}

/** What happened in the queue, for metrics. Times in ms. */
export type StretchEvent =
  | { type: 'refused' | 'abandoned' }
  | { type: 'started'; waitedMs: number }
  | { type: 'finished'; batchSize: number; serviceMs: number; failed: number };

export interface StretchQueueOptions {
  threads: number;
  /** Whether a thread can interleave two stretches. */
  pairing: boolean;
  maxWaitMs: number;
  /** Runs a batch on a free thread; the queue never has more than `threads` under way. */
  run: (batch: StretchBatch) => Promise<StretchOutcome[]>;
  /** A clock in ms that never goes back. */
  now: () => number;
  observe?: (event: StretchEvent) => void;
}

interface Waiting {
  request: StretchRequest;
  /** Place in the fair order: the lowest is served next. */
  tag: number;
  arrivedMs: number;
  resolve: (reply: StretchReply) => void;
  reject: (error: Error) => void;
}

/** First guesses of what a batch takes, in ms, until the first has been timed. */
const INITIAL_BATCH_MS = { 1: 250, 2: 350 };
/** Weight of the newest timing in the running estimates. */
const ESTIMATE_GAIN = 0.2;
/** Senders remembered before those whose turn has passed are forgotten. */
const MAX_REMEMBERED_SENDERS = 4096;

/**
 * Admission, fairness and pairing in front of the stretch threads.
 *
 * Fairness is start-time fair queueing: a request's tag is one more than the later of the queue's
 * virtual time and the last tag of its source and of its account, so that whoever has much waiting
 * lines up behind itself, and a newcomer goes next.
 */
export class StretchQueue {
  readonly #options: StretchQueueOptions;
  readonly #waiting: Waiting[] = [];
  /** When each batch under way is expected to end, in ms of the clock. */
  readonly #running = new Set<{ expectedEndMs: number }>();
  readonly #estimateMs = { ...INITIAL_BATCH_MS };
  readonly #lastTags = new Map<string, number>();
  #virtualTime = 0;

  /** @throws RangeError when `threads` or `maxWaitMs` is not positive */
  constructor(options: StretchQueueOptions) {
    if (!(options.threads >= 1)) throw new RangeError(`threads must be at least 1, got ${options.threads}`);
    if (!(options.maxWaitMs > 0)) throw new RangeError(`maxWaitMs must be above 0, got ${options.maxWaitMs}`);
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get running(): number {
    return this.#running.size;
  }

  /**
   * Queues a stretch.
   * @throws StretchOverloadError at once when it would wait longer than `maxWaitMs`
   * @throws StretchAbandonedError when the order's signal aborts before the stretch begins
   * @throws StretchFailedError when the stretch or its thread fails
   */
  submit(request: StretchRequest, { source, account, signal }: StretchOrder): Promise<StretchReply> {
    if (signal?.aborted) return this.#abandon();
    const keys = [`source:${source}`, `account:${account}`];
    const tag = Math.max(this.#virtualTime, ...keys.map((key) => this.#lastTags.get(key) ?? 0)) + 1;
    const predictedWaitMs = this.predictWaitMs(tag);
    if (predictedWaitMs > this.#options.maxWaitMs) {
      this.#options.observe?.({ type: 'refused' });
      return Promise.reject(new StretchOverloadError(predictedWaitMs));
    }
    for (const key of keys) this.#lastTags.set(key, tag);
    return new Promise((resolve, reject) => {
      const entry: Waiting = { request, tag, arrivedMs: this.#options.now(), resolve, reject };
      const place = this.#waiting.findIndex((other) => other.tag > tag);
      this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, entry);
      signal?.addEventListener('abort', () => this.#drop(entry), { once: true });
      this.#dispatch();
    });
  }

  /** How long a request with this tag (default: one behind all others) would wait to start, in ms. */
  predictWaitMs(tag = Number.POSITIVE_INFINITY): number {
    const now = this.#options.now();
    const batchSize = this.#options.pairing ? 2 : 1;
    const freeAt = [...this.#running].map(({ expectedEndMs }) => Math.max(expectedEndMs, now));
    while (freeAt.length < this.#options.threads) freeAt.push(now);
    let ahead = this.#waiting.filter((other) => other.tag <= tag).length;
    let earliest = indexOfSmallest(freeAt);
    // A request whose batch has room starts together with the one before it.
    for (; ahead >= batchSize; ahead -= batchSize) {
      freeAt[earliest] = (freeAt[earliest] as number) + this.#estimateMs[batchSize];
      earliest = indexOfSmallest(freeAt);
    }
    return (freeAt[earliest] as number) - now;
  }

  /** Gives free threads their next batch: two where more wait than threads are idle, else one. */
  #dispatch(): void {
    for (;;) {
      const idle = this.#options.threads - this.#running.size;
      if (idle <= 0 || this.#waiting.length === 0) break;
      const size = this.#options.pairing && this.#waiting.length > idle ? 2 : 1;
      this.#start(this.#waiting.splice(0, size));
    }
    if (this.#waiting.length === 0) this.#lastTags.clear();
    else if (this.#lastTags.size > MAX_REMEMBERED_SENDERS) this.#forgetServed();
  }

  async #start(batch: Waiting[]): Promise<void> {
    const { now, run, observe } = this.#options;
    const size = batch.length as 1 | 2;
    const startedMs = now();
    const slot = { expectedEndMs: startedMs + this.#estimateMs[size] };
    this.#running.add(slot);
    for (const { tag, arrivedMs } of batch) {
      this.#virtualTime = Math.max(this.#virtualTime, tag);
      observe?.({ type: 'started', waitedMs: startedMs - arrivedMs });
    }
    let outcomes: StretchOutcome[];
    try {
      outcomes = await run(batch.map(({ request }) => request) as StretchBatch);
      this.#estimateMs[size] += ESTIMATE_GAIN * (now() - startedMs - this.#estimateMs[size]);
    } catch (error) {
      outcomes = batch.map(() => ({ failure: (error as Error).message }));
    }
    this.#running.delete(slot);
    this.#dispatch();
    const failed = outcomes.filter((outcome) => 'failure' in outcome).length;
    observe?.({ type: 'finished', batchSize: size, serviceMs: now() - startedMs, failed });
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] ?? { failure: 'no outcome' };
      if ('reply' in outcome) resolve(outcome.reply);
      else reject(new StretchFailedError(outcome.failure));
    });
  }

  #drop(entry: Waiting): void {
    const place = this.#waiting.indexOf(entry);
    if (place < 0) return;
    this.#waiting.splice(place, 1);
    entry.reject(new StretchAbandonedError());
    this.#options.observe?.({ type: 'abandoned' });
  }

  #abandon(): Promise<never> {
    this.#options.observe?.({ type: 'abandoned' });
    return Promise.reject(new StretchAbandonedError());
  }

  #forgetServed(): void {
    for (const [key, tag] of this.#lastTags) if (tag <= this.#virtualTime) this.#lastTags.delete(key);
  }
}

function indexOfSmallest(values: number[]): number {
  return values.indexOf(Math.min(...values));
}
