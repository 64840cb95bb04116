import type {
  SlotAllocation,
  StretchBatch,
  StretchOutcome,
  StretchReply,
  StretchRequest,
} from '../../../workers/messages.js';
import { divideSlots } from '../../../workers/stretch-slots.js';
import { type TaskClient, type TaskEvent, TaskQueue } from '../../../workers/task-queue.js';

interface RunningBatch {
  accounts: string[];
  slots: SlotAllocation;
  timeLimitMs: number;
  finish: (outcomes: StretchOutcome[]) => void;
  die: (error: Error) => void;
}

export type Ending = string;

interface HarnessOptions {
  threads?: number;
  groupSize?: number;
  holdRecovery?: boolean;
}

/** A queue with threads and a clock that tests control. */
export class QueueHarness {
  readonly queue: TaskQueue<StretchRequest, StretchReply, SlotAllocation>;
  readonly events: TaskEvent[] = [];
  /** Running batches, oldest first. */
  readonly running: RunningBatch[] = [];
  /** The accounts of each started batch, in order. */
  readonly begun: string[][] = [];
  /** Ended requests, in order. */
  readonly endings: { account: string; ending: Ending }[] = [];
  /** Pending recoveries and their controls; without `holdRecovery` they end at once. */
  readonly recovering: { slots: SlotAllocation; end: () => void; fail: () => void }[] = [];
  readonly allocations: SlotAllocation[];
  nowMs = 0;
  readonly #timers = new Set<{ atMs: number; callBack: () => void }>();

  /** By default two threads with batches of two. A batch is expected to take 100 ms. */
  constructor({ threads = 2, groupSize = 2, holdRecovery = false }: HarnessOptions = {}) {
    this.queue = new TaskQueue({
      run: (batch, slots, timeLimitMs) => this.#run(batch, slots, timeLimitMs),
      recover: (slots) =>
        new Promise((resolve, reject) => {
          const fail = () => reject(new Error('worker exited with code: 1'));
          if (holdRecovery) this.recovering.push({ slots, end: () => resolve(undefined), fail });
          else resolve(undefined);
        }),
      now: () => this.nowMs,
      after: (ms, callBack) => {
        const timer = { atMs: this.nowMs + ms, callBack };
        this.#timers.add(timer);
        return () => this.#timers.delete(timer);
      },
      observe: (event) => this.events.push(event),
    });
    this.queue.expect(groupSize, 100);
    this.allocations = divideSlots(threads, threads * groupSize);
    for (const slots of this.allocations) this.queue.release(slots);
  }

  /** Submits a request for `account`, by default from its own source. */
  submit(account: string, order: Partial<TaskClient> = {}): void {
    const end = (ending: Ending) => this.endings.push({ account, ending });
    this.queue
      .submit(requestFor(account), { source: `home of ${account}`, ...order })
      .then(({ verifier }) => end(`stretched ${new TextDecoder().decode(verifier)}`))
      .catch((error) => end(error.code));
  }

  /** Advances the clock and fires the timers that are due. */
  advance(ms: number): void {
    this.nowMs += ms;
    for (const timer of this.#timers) {
      if (timer.atMs <= this.nowMs && this.#timers.delete(timer)) timer.callBack();
    }
  }

  /** Completes the oldest batch. */
  async finishOne(tookMs = 100): Promise<void> {
    this.advance(tookMs);
    const batch = this.running.shift();
    if (!batch) throw new Error('no batch is running');
    batch.finish(batch.accounts.map(succeed));
    await settle();
  }

  /** Completes batches until none runs. */
  async finishAll(tookMs = 100): Promise<void> {
    while (this.running.length > 0) await this.finishOne(tookMs);
  }

  #run(batch: StretchBatch, slots: SlotAllocation, timeLimitMs: number): Promise<StretchOutcome[]> {
    const accounts = batch.map(({ email }) => new TextDecoder().decode(email));
    this.begun.push(accounts);
    return new Promise((finish, die) => this.running.push({ accounts, slots, timeLimitMs, finish, die }));
  }
}

/** Waits until all pending promise reactions have run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function succeed(account: string): StretchOutcome {
  return { reply: { verifier: new TextEncoder().encode(account), unwrapBKey: new Uint8Array(32) } };
}

function requestFor(account: string): StretchRequest {
  return {
    email: new TextEncoder().encode(account),
    password: new Uint8Array(8),
    stretchingSalt: new Uint8Array(32),
    srpSalt: new Uint8Array(32),
  };
}
