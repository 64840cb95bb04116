import type { StretchBatch, StretchOutcome, StretchRequest } from '../../workers/messages.js';
import { type StretchEvent, type StretchOrder, StretchQueue } from '../../workers/stretch-queue.js';

interface RunningBatch {
  /** The accounts of the batch. */
  accounts: string[];
  finish: (outcomes: StretchOutcome[]) => void;
  die: (error: Error) => void;
}

/** How a submitted request ended, once it has. */
export type Ending = string;

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
  nowMs = 0;

  constructor(options: { threads?: number; pairing?: boolean; maxWaitMs?: number } = {}) {
    this.queue = new StretchQueue({
      threads: 2,
      pairing: true,
      maxWaitMs: 5000,
      ...options,
      run: (batch) => this.#run(batch),
      now: () => this.nowMs,
      observe: (event) => this.events.push(event),
    });
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

  #run(batch: StretchBatch): Promise<StretchOutcome[]> {
    const accounts = batch.map(({ email }) => new TextDecoder().decode(email));
    this.begun.push(accounts);
    return new Promise((finish, die) => this.running.push({ accounts, finish, die }));
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
