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

export class QueueHarness {
  readonly queue: TaskQueue<StretchRequest, StretchReply, SlotAllocation>;
  readonly events: TaskEvent[] = [];
  /** Oldest first. */
  readonly running: RunningBatch[] = [];
  readonly begun: string[][] = [];
  readonly endings: { account: string; ending: Ending }[] = [];
  /** Without `holdRecovery` they end at once. */
  readonly recovering: { end: () => void; fail: () => void }[] = [];
  readonly allocations: SlotAllocation[];
  nowMs = 0;
  readonly #timers = new Set<{ atMs: number; callBack: () => void }>();

  /** Batches are expected to take 100 ms. */
  constructor({ threads = 2, groupSize = 2, holdRecovery = false }: HarnessOptions = {}) {
    this.allocations = divideSlots(threads, threads * groupSize);
    this.queue = new TaskQueue({
      slots: this.allocations,
      run: (batch, slots, timeLimitMs) => this.#run(batch, slots, timeLimitMs),
      recover: () =>
        new Promise((resolve, reject) => {
          const fail = () => reject(new Error('worker exited with code: 1'));
          if (holdRecovery) this.recovering.push({ end: () => resolve(undefined), fail });
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
  }

  /** By default from the account's own source. */
  submit(account: string, order: Partial<TaskClient> = {}): void {
    const end = (ending: Ending) => this.endings.push({ account, ending });
    this.queue
      .submit(requestFor(account), { source: `home of ${account}`, ...order })
      .then(({ verifier }) => end(`stretched ${new TextDecoder().decode(verifier)}`))
      .catch((error) => end(error.code));
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const timer of this.#timers) {
      if (timer.atMs <= this.nowMs && this.#timers.delete(timer)) timer.callBack();
    }
  }

  async finishOne(tookMs = 100): Promise<void> {
    this.advance(tookMs);
    const batch = this.running.shift();
    if (!batch) throw new Error('no batch is running');
    batch.finish(batch.accounts.map(succeed));
    await settle();
  }

  async finishAll(tookMs = 100): Promise<void> {
    while (this.running.length > 0) await this.finishOne(tookMs);
  }

  #run(batch: StretchBatch, slots: SlotAllocation, timeLimitMs: number): Promise<StretchOutcome[]> {
    const accounts = batch.map(({ email }) => new TextDecoder().decode(email));
    this.begun.push(accounts);
    return new Promise((finish, die) => this.running.push({ accounts, slots, timeLimitMs, finish, die }));
  }
}

/** Resolves after all pending promise reactions. */
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
