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

/** The stretch itself failed, or the thread that held it died. The message says which, nothing secret. */
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
  | { type: 'refused'; predictedWaitMs: number }
  | { type: 'abandoned' }
  | { type: 'started'; waitedMs: number }
  | { type: 'finished'; batchSize: 1 | 2; serviceMs: number; failed: number };

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
  stopListening: () => void;
}

/** What a batch is taken to need, in ms, until the first has been timed. */
const FIRST_GUESS_MS = 250;
/** Weight of the newest timing in the running estimates. */
const ESTIMATE_GAIN = 0.2;
/** Senders and accounts remembered before those whose turn has passed are forgotten. */
const REMEMBERED_TAGS = 4096;

/**
 * Admission, fairness and pairing in front of the stretch threads.
 *
 * Admission: nothing bounds the queue but the wait it would mean. Who comes later may still go in front of
 * what is admitted, if he has had less than his share; then that waits longer than predicted.
 *
 * Fairness is start-time fair queueing: a request's tag is one more than the latest of the queue's virtual
 * time and the last tags of its source and its account. Who has much waiting lines up behind himself, and a
 * newcomer goes next. An account's tag moves once for each source in line for it, however much that source
 * has waiting: a flood for someone's account from elsewhere does not lock its owner out.
 */
export class StretchQueue {
  readonly #options: StretchQueueOptions;
  readonly #waiting: Waiting[] = [];
  /** When each batch under way is expected to end, in ms of the clock. */
  readonly #running = new Set<{ expectedEndMs: number }>();
  readonly #estimateMs: { 1?: number; 2?: number } = {};
  readonly #lastTags = new Map<string, number>();
  #forgetAbove = REMEMBERED_TAGS;
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
  submit(request: StretchRequest, order: StretchOrder): Promise<StretchReply> {
    const { signal } = order;
    if (signal?.aborted) return this.#abandon();
    const { tag, join } = this.#findTag(order);
    const place = 1 + this.#waiting.findLastIndex((other) => other.tag <= tag);
    const predictedWaitMs = this.predictWaitMs(place);
    if (predictedWaitMs > this.#options.maxWaitMs) {
      this.#options.observe?.({ type: 'refused', predictedWaitMs });
      return Promise.reject(new StretchOverloadError(predictedWaitMs));
    }
    join();
    return new Promise((resolve, reject) => {
      const drop = () => this.#drop(entry);
      const stopListening = () => signal?.removeEventListener('abort', drop);
      const entry = { request, tag, arrivedMs: this.#options.now(), resolve, reject, stopListening };
      this.#waiting.splice(place, 0, entry);
      signal?.addEventListener('abort', drop);
      this.#dispatch();
    });
  }

  /** How long a request with so many in front of it (default: all that wait) would wait to start, in ms. */
  predictWaitMs(ahead = this.#waiting.length): number {
    const { threads, pairing, now } = this.#options;
    const nowMs = now();
    const freeInMs = [...this.#running].map(({ expectedEndMs }) => Math.max(expectedEndMs - nowMs, 0));
    while (freeInMs.length < threads) freeInMs.push(0);
    freeInMs.sort((a, b) => a - b);
    // One whose batch has room starts together with the one before it. Threads take batches in turn, as
    // they become free, all batches taking the same time.
    const batchesAhead = pairing ? Math.floor(ahead / 2) : ahead;
    const rounds = Math.floor(batchesAhead / threads);
    return (freeInMs[batchesAhead % threads] as number) + rounds * this.#estimate(pairing ? 2 : 1);
  }

  /** Takes note of how long a batch took, in ms. The queue does so itself for those that it runs. */
  learn(batchSize: 1 | 2, tookMs: number): void {
    const known = this.#estimateMs[batchSize];
    this.#estimateMs[batchSize] = known === undefined ? tookMs : known + ESTIMATE_GAIN * (tookMs - known);
  }

  #estimate(batchSize: 1 | 2): number {
    return this.#estimateMs[batchSize] ?? this.#estimateMs[2] ?? this.#estimateMs[1] ?? FIRST_GUESS_MS;
  }

  /** The tag of a new request; `join` takes it. */
  #findTag({ source, account }: StretchOrder) {
    const keys = { source: `s${source}`, account: `a${account}`, both: `b${source}\0${account}` };
    const last = (key: string) => Math.max(this.#virtualTime, this.#lastTags.get(key) ?? 0);
    const inLine = last(keys.both) > this.#virtualTime;
    const tag = 1 + Math.max(last(keys.source), inLine ? 0 : last(keys.account));
    const join = () => {
      if (!inLine) this.#lastTags.set(keys.account, 1 + last(keys.account));
      this.#lastTags.set(keys.source, tag);
      this.#lastTags.set(keys.both, tag);
    };
    return { tag, join };
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
    else if (this.#lastTags.size > this.#forgetAbove) this.#forgetServed();
  }

  async #start(batch: Waiting[]): Promise<void> {
    const { now, run, observe } = this.#options;
    const batchSize = batch.length as 1 | 2;
    const startedMs = now();
    const slot = { expectedEndMs: startedMs + this.#estimate(batchSize) };
    this.#running.add(slot);
    for (const { tag, arrivedMs, stopListening } of batch) {
      stopListening();
      this.#virtualTime = Math.max(this.#virtualTime, tag);
      observe?.({ type: 'started', waitedMs: startedMs - arrivedMs });
    }
    let outcomes: StretchOutcome[];
    try {
      outcomes = await run(batch.map(({ request }) => request) as StretchBatch);
    } catch (error) {
      outcomes = batch.map(() => ({ failure: (error as Error).message }));
    }
    const serviceMs = now() - startedMs;
    const failed = outcomes.filter((outcome) => 'failure' in outcome).length;
    if (failed === 0) this.learn(batchSize, serviceMs);
    this.#running.delete(slot);
    this.#dispatch();
    observe?.({ type: 'finished', batchSize, serviceMs, failed });
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] ?? { failure: 'no outcome' };
      if ('reply' in outcome) resolve(outcome.reply);
      else reject(new StretchFailedError(outcome.failure));
    });
  }

  #drop(entry: Waiting): void {
    entry.stopListening();
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    this.#abandon().catch(entry.reject);
  }

  #abandon(): Promise<never> {
    this.#options.observe?.({ type: 'abandoned' });
    return Promise.reject(new StretchAbandonedError());
  }

  /** Costs little over many requests: half of what is remembered must be new before it runs again. */
  #forgetServed(): void {
    for (const [key, tag] of this.#lastTags) if (tag <= this.#virtualTime) this.#lastTags.delete(key);
    this.#forgetAbove = Math.max(REMEMBERED_TAGS, 2 * this.#lastTags.size);
  }
}
