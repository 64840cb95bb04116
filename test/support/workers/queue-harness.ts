import type {
  SlotAllocation,
  StretchBatch,
  StretchOutcome,
  StretchRequest,
} from '../../../workers/messages.js';
import { type StretchEvent, type StretchOrder, StretchQueue } from '../../../workers/stretch-queue.js';
import { divideSlots } from '../../../workers/stretch-slots.js';

interface RunningBatch {
  /** The accounts of the batch. */
  accounts: string[];
  slots: SlotAllocation;
  timeLimitMs: number;
  finish: (outcomes: StretchOutcome[]) => void;
  die: (error: Error) => void;
}

/** How a submitted request ended, once it has. */
export type Ending = string;

interface HarnessOptions {
  threads?: number;
  groupSize?: number;
  holdRecovery?: boolean;
}

/** A queue with threads that work when told to, on a clock that advances when told to. */
export class QueueHarness {
  readonly queue: StretchQueue;
  readonly events: StretchEvent[] = [];
  /** The batches under way, oldest first. */
  readonly running: RunningBatch[] = [];
  /** The accounts of every batch begun, in order. */
  readonly begun: string[][] = [];
  /** For each account how its requests ended, in the order they ended. */
  readonly endings: { account: string; ending: Ending }[] = [];
  /** Recoveries under way, and how to end them; without `holdRecovery` they end at once. */
  readonly recovering: { slots: SlotAllocation; end: () => void; fail: () => void }[] = [];
  nowMs = 0;

  /** Two threads with groups of two, unless told otherwise. A batch is expected to take 100 ms. */
  constructor({ threads = 2, groupSize = 2, holdRecovery = false }: HarnessOptions = {}) {
    this.queue = new StretchQueue({
      run: (batch, slots, timeLimitMs) => this.#run(batch, slots, timeLimitMs),
      recover: (slots) =>
        new Promise((resolve, reject) => {
          const fail = () => reject(new Error('worker exited with code: 1'));
          if (holdRecovery) this.recovering.push({ slots, end: () => resolve(undefined), fail });
          else resolve(undefined);
        }),
      now: () => this.nowMs,
      observe: (event) => this.events.push(event),
    });
    this.queue.expect(groupSize, 100);
    for (const slots of divideSlots(threads, threads * groupSize)) this.queue.release(slots);
  }

  /** Submits a request for `account`, from a source of its own unless told otherwise. */
  submit(account: string, order: Partial<StretchOrder> = {}): void {
    const end = (ending: Ending) => this.endings.push({ account, ending });
    this.queue
      .submit(requestFor(account), { source: `home of ${account}`, ...order })
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

  #run(batch: StretchBatch, slots: SlotAllocation, timeLimitMs: number): Promise<StretchOutcome[]> {
    const accounts = batch.map(({ email }) => new TextDecoder().decode(email));
    this.begun.push(accounts);
    return new Promise((finish, die) => this.running.push({ accounts, slots, timeLimitMs, finish, die }));
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
