import { BatchTimes } from './batch-times.js';
import { FairTags } from './fair-tags.js';
import type {
  SlotAllocation,
  StretchBatch,
  StretchOutcome,
  StretchReply,
  StretchRequest,
} from './messages.js';
import { StacklessError } from './stackless-error.js';
import { chooseBatchSize, PATIENCE_MS, predictWaitMs, type StretchCapacity } from './stretch-schedule.js';
import { FreeSlots, spreadSlots } from './stretch-slots.js';

/** The queue will not admit a request: it would wait longer than the operator allows. */
export class StretchOverloadError extends StacklessError {
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
  /** Whether it goes on with a request that was admitted and stretched once: it is not refused, however long it waits. */
  admitted?: boolean;
  /** Where it has been keeping a place: it is not refused, and goes there. */
  place?: StretchPlace;
}

/** When it is whose turn: the lowest tag is served next, and of equals who was admitted first. */
interface Turn {
  readonly tag: number;
  readonly admission: number;
}

/** A place in line that is kept while a request is made ready. Others line up behind it, and no thread waits for it. */
export interface StretchPlace extends Turn {
  /** Gives it up, as if it had never been; without effect when a request has come to it. */
  leave(): void;
}

/** What happened in the queue, for metrics. Times in ms. */
export type StretchEvent =
  | { type: 'refused'; predictedWaitMs: number }
  | { type: 'abandoned' }
  | { type: 'started'; waitedMs: number }
  | { type: 'finished'; batchSize: number; serviceMs: number; failed: number };

export interface StretchQueueOptions extends StretchCapacity {
  maxWaitMs: number;
  /** Runs a batch on a free thread; the queue never has more than `threads` under way. */
  run: (batch: StretchBatch, slots: SlotAllocation) => Promise<StretchOutcome[]>;
  /** Wipes slots whose thread died before it could; the queue uses them again whether it succeeds or not. */
  wipe: (slots: SlotAllocation) => Promise<unknown>;
  /** A clock in ms that never goes back. */
  now: () => number;
  observe?: (event: StretchEvent) => void;
}

interface Waiting extends Turn {
  request: StretchRequest;
  source: string;
  arrivedMs: number;
  resolve: (reply: StretchReply) => void;
  reject: (error: Error) => void;
  stopListening: () => void;
}

/**
 * Admission, fairness, grouping and memory in front of the stretch threads.
 *
 * Admission: nothing bounds the queue but the wait it would mean. Who comes later may still go in front of
 * what is admitted, if he has had less than his share; then that waits longer than predicted.
 *
 * Fairness: requests wait in the order of their tags (see FairTags).
 *
 * Memory: a password that is stretched occupies a slot. The queue has none until they are released to it.
 */
export class StretchQueue {
  readonly #options: StretchQueueOptions;
  readonly #waiting: Waiting[] = [];
  readonly #kept = new Set<StretchPlace>();
  #admissions = 0;
  readonly #running = new Set<{ size: number; expectedEndMs: number }>();
  readonly #freeSlots: FreeSlots;
  #groupSize: number;
  readonly #batchTimes = new BatchTimes();
  readonly #fairness = new FairTags();

  /** @throws RangeError when `threads`, `slots`, `groupSize` or `maxWaitMs` is not positive */
  constructor(options: StretchQueueOptions) {
    for (const name of ['threads', 'slots', 'groupSize'] as const) {
      if (!(options[name] >= 1)) throw new RangeError(`${name} must be at least 1, got ${options[name]}`);
    }
    if (!(options.maxWaitMs > 0)) throw new RangeError(`maxWaitMs must be above 0, got ${options.maxWaitMs}`);
    this.#options = options;
    this.#groupSize = options.groupSize;
    this.#freeSlots = new FreeSlots(spreadSlots(options.slots).length);
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
  async submit(request: StretchRequest, order: StretchOrder): Promise<StretchReply> {
    const { source, signal } = order;
    if (signal?.aborted) return this.#abandon();
    const turn = this.#takeTurn(order);
    return new Promise((resolve, reject) => {
      const drop = () => this.#drop(entry);
      const stopListening = () => signal?.removeEventListener('abort', drop);
      const { tag, admission } = turn;
      const arrivedMs = this.#options.now();
      const entry = { request, source, tag, admission, arrivedMs, resolve, reject, stopListening };
      this.#waiting.splice(this.#countWaitingBefore(turn), 0, entry);
      signal?.addEventListener('abort', drop);
      this.#dispatch();
    });
  }

  /**
   * Takes a place in line for a request that is yet to be made ready, so that nothing is done for one that would be
   * refused afterwards. Whoever takes one submits to it or leaves it.
   * @throws StretchOverloadError when it would wait longer than `maxWaitMs`
   */
  keepPlace(order: StretchOrder): StretchPlace {
    const { turn, takeBack } = this.#admit(order);
    const place: StretchPlace = {
      ...turn,
      leave: () => {
        if (this.#kept.delete(place)) takeBack();
      },
    };
    this.#kept.add(place);
    return place;
  }

  /** Lets batches use slots. */
  release(slots: SlotAllocation): void {
    this.#freeSlots.release(slots);
    this.#dispatch();
  }

  /** Forms groups of up to so many from now on. */
  set groupSize(size: number) {
    this.#groupSize = size;
  }

  /** How long a request with so many in front of it (default: all that wait) would wait to start, in ms. */
  predictWaitMs(ahead = this.#waiting.length): number {
    const nowMs = this.#options.now();
    const running = [...this.#running].map(({ size, expectedEndMs }) => ({
      size,
      endsInMs: Math.max(expectedEndMs - nowMs, 0),
    }));
    return predictWaitMs(this.#capacity, running, ahead, this.#batchMs);
  }

  /** @param batchMs how long batches of one, of two, and so on were measured to take, in ms */
  expect(batchMs: readonly number[]): void {
    this.#batchTimes.expect(batchMs);
  }

  /** The turn of the place that an order has kept, or one that it is admitted to now. */
  #takeTurn({ place, ...order }: StretchOrder): Turn {
    return place && this.#kept.delete(place) ? place : this.#admit(order).turn;
  }

  /** @throws StretchOverloadError */
  #admit(order: StretchOrder): { turn: Turn; takeBack: () => void } {
    const { tag, join } = this.#fairness.find(order);
    const turn = { tag, admission: this.#admissions++ };
    const keptBefore = [...this.#kept].filter((other) => isBefore(other, turn)).length;
    const predictedWaitMs = this.predictWaitMs(this.#countWaitingBefore(turn) + keptBefore);
    if (!order.admitted && predictedWaitMs > this.#options.maxWaitMs) {
      this.#options.observe?.({ type: 'refused', predictedWaitMs });
      throw new StretchOverloadError(predictedWaitMs);
    }
    return { turn, takeBack: join() };
  }

  #countWaitingBefore(turn: Turn): number {
    return 1 + this.#waiting.findLastIndex((other) => isBefore(other, turn));
  }

  get #capacity(): StretchCapacity {
    const { threads, slots } = this.#options;
    return { threads, slots, groupSize: this.#groupSize };
  }

  readonly #batchMs = (size: number): number => this.#batchTimes.of(size);

  /** Gives free threads their next batches. */
  #dispatch(): void {
    for (;;) {
      const load = { waiting: this.#waiting.length, running: this.#running.size, free: this.#freeSlots.most };
      const size = chooseBatchSize(this.#capacity, load, this.#batchMs, PATIENCE_MS);
      if (size === 0) break;
      this.#start(this.#waiting.splice(0, this.#fairness.groupOf(this.#waiting.slice(0, size))));
    }
    this.#fairness.forget(this.#waiting.length + this.#kept.size === 0);
  }

  async #start(batch: Waiting[]): Promise<void> {
    const { now, run, observe } = this.#options;
    const size = batch.length;
    const slots = this.#freeSlots.take(size);
    const startedMs = now();
    const running = { size, expectedEndMs: startedMs + this.#batchMs(size) };
    this.#running.add(running);
    for (const { tag, arrivedMs, stopListening } of batch) {
      stopListening();
      this.#fairness.serve(tag);
      observe?.({ type: 'started', waitedMs: startedMs - arrivedMs });
    }
    let outcomes: StretchOutcome[];
    let wiped = true;
    try {
      outcomes = await run(
        batch.map(({ request }) => request),
        slots,
      );
    } catch (error) {
      outcomes = batch.map(() => ({ failure: (error as Error).message }));
      wiped = false;
    }
    const serviceMs = now() - startedMs;
    const failed = outcomes.filter((outcome) => 'failure' in outcome).length;
    if (failed === 0) this.#batchTimes.learn(size, serviceMs);
    this.#running.delete(running);
    if (wiped) this.release(slots);
    else this.#wipe(slots);
    observe?.({ type: 'finished', batchSize: size, serviceMs, failed });
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i] ?? { failure: 'no outcome' };
      if ('reply' in outcome) resolve(outcome.reply);
      else reject(new StretchFailedError(outcome.failure));
    });
  }

  /** A wipe that fails as well leaves it to the next hash in these slots, which overwrites all of them. */
  async #wipe(slots: SlotAllocation): Promise<void> {
    this.#dispatch();
    await this.#options.wipe(slots).catch(() => {});
    this.release(slots);
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
}

function isBefore(one: Turn, other: Turn): boolean {
  return one.tag === other.tag ? one.admission < other.admission : one.tag < other.tag;
}
