import type {
  SlotAllocation,
  StretchBatch,
  StretchOutcome,
  StretchRequest,
} from '../../../workers/messages.js';
import { type StretchEvent, type StretchOrder, StretchQueue } from '../../../workers/stretch-queue.js';

interface RunningBatch {
  /** The accounts of the batch. */
  accounts: string[];
  slots: SlotAllocation;
  finish: (outcomes: StretchOutcome[]) => void;
  die: (error: Error) => void;
}

/** How a submitted request ended, once it has. */
export type Ending = string;

interface HarnessOptions {
  threads?: number;
  slots?: number;
  groupSize?: number;
  maxWaitMs?: number;
  holdWipes?: boolean;
}

/** A queue with threads that work when told to, on a clock that goes when told to. */
export class QueueHarness {
  readonly queue: StretchQueue;
  readonly events: StretchEvent[] = [];
  /** The batches under way, oldest first. */
  readonly running: RunningBatch[] = [];
  /** The accounts of every batch begun, in order. */
  readonly begun: string[][] = [];
  /** For each account what became of its requests, in the order they ended. */
  readonly endings: { account: string; ending: Ending }[] = [];
  /** The wipes under way, and how to end them; without `holdWipes` they end at once. */
  readonly wiping: { slots: SlotAllocation; end: () => void; fail: () => void }[] = [];
  nowMs = 0;

  /** Two slots a thread unless told otherwise, all of them free. */
  constructor(options: HarnessOptions = {}) {
    const { threads = 2, slots = 2 * threads, groupSize = 2, maxWaitMs = 5000, holdWipes = false } = options;
    this.queue = new StretchQueue({
      threads,
      slots,
      groupSize,
      maxWaitMs,
      run: (batch, slots) => this.#run(batch, slots),
      wipe: (slots) =>
        new Promise((resolve, reject) => {
          const fail = () => reject(new Error('worker exited with code: 1'));
          if (holdWipes) this.wiping.push({ slots, end: () => resolve(undefined), fail });
          else resolve(undefined);
        }),
      now: () => this.nowMs,
      observe: (event) => this.events.push(event),
    });
    this.queue.release({ memory: 0, indexes: Array.from({ length: slots }, (_, i) => i) });
  }

  /** Submits a request for `account`, from a source of its own unless told otherwise. */
  submit(account: string, order: Partial<StretchOrder> = {}): void {
    const end = (ending: Ending) => this.endings.push({ account, ending });
    this.queue
      .submit(requestFor(account), { source: `home of ${account}`, account, ...order })
      .then(({ verifier }) => end(`stretched ${new TextDecoder().decode(verifier)}`))
      .catch((error) => end(error.code));
  }

  /** Lets the batch begun first end well after so long. */
  async finishOne(tookMs = 100): Promise<void> {
    this.nowMs += tookMs;
    const batch = this.running.shift();
    if (!batch) throw new Error('no batch is under way');
    batch.finish(batch.accounts.map(succeed));
    await settle();
  }

  /** Lets batches end until none is under way. */
  async finishAll(tookMs = 100): Promise<void> {
    while (this.running.length > 0) await this.finishOne(tookMs);
  }

  /** The slots that batches and wipes occupy. */
  get occupied(): number[] {
    return [...this.running, ...this.wiping].flatMap(({ slots }) => slots.indexes);
  }

  /**
   * Lets batches take as long as told, until none is under way, and the clock go on meanwhile. `each` is called
   * every 10 ms of the clock before that.
   */
  async play(batchMs: (size: number) => number, steps: number, each: (step: number) => void): Promise<void> {
    const endsMs = new Map<RunningBatch, number>();
    for (let step = 0; step < steps || this.running.length > 0; step++) {
      for (const batch of this.running.filter((batch) => (endsMs.get(batch) ?? Infinity) <= this.nowMs)) {
        this.running.splice(this.running.indexOf(batch), 1);
        batch.finish(batch.accounts.map(succeed));
        await settle();
      }
      if (step < steps) each(step);
      for (const batch of this.running) {
        if (!endsMs.has(batch)) endsMs.set(batch, this.nowMs + batchMs(batch.accounts.length));
      }
      this.nowMs += 10;
    }
  }

  #run(batch: StretchBatch, slots: SlotAllocation): Promise<StretchOutcome[]> {
    const accounts = batch.map(({ email }) => new TextDecoder().decode(email));
    this.begun.push(accounts);
    return new Promise((finish, die) => this.running.push({ accounts, slots, finish, die }));
  }
}

/** Until everything that promises set off has run. */
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
