import { SLOT_BYTES } from '../protocol/scrypt-parameters.js';
import type { StretchEngineName } from '../protocol/stretch-engines.js';
import { createSharedMemory, readKernel } from './kernel/load-kernel.js';
import { loadNative } from './kernel/load-native.js';
import type {
  SlotAllocation,
  StretchBatch,
  StretchOutcome,
  StretchPlan,
  StretchReply,
  StretchRequest,
  StretchTask,
  StretchTasks,
  StretchThreadData,
} from './messages.js';
import { SlotWiper } from './slot-wiper.js';
import { resolveStretchEngine } from './stretch-engine.js';
import { type StretchEvent, type StretchOrder, StretchQueue } from './stretch-queue.js';
import { divideSlots } from './stretch-slots.js';
import { ThreadPool } from './thread-pool.js';

export interface StretcherOptions {
  engine: StretchEngineName;
  threads: number;
  /** For all threads together, at least 64. Each thread gets as many whole slots of 64 as the others. */
  memoryMiB: number;
  /** How much lower than the event loop the threads' OS priority is (POSIX nice, 0 to 19). */
  niceIncrement: number;
  /** How `wasm` stretches, if that was measured before; by default it is measured at the start. */
  plan?: StretchPlan | undefined;
  /** The threads' module, for tests whose threads hang. */
  threadFile?: URL;
  observe?: (event: StretchEvent | StretchThreadDied) => void;
}

/** A thread ended without being told to. What it held has failed, and another takes its place. */
export interface StretchThreadDied {
  type: 'threadDied';
  /** Why, when it held nothing; what it held was told. */
  error: Error | undefined;
}

/** The memory of a stretch: a slot. */
export const SLOT_MIB = 64;

/**
 * Stretches passwords in low-priority threads: 64 MiB and some hundredths to a quarter of a CPU second each.
 * With `native` and `wasm` the memory is allocated once and shared by all threads; the queue assigns slots to each batch.
 */
export class Stretcher {
  readonly queue: StretchQueue;
  /** The engine that runs: not the one asked for where this machine cannot run that. */
  readonly engine: StretchEngineName;
  readonly #pool: ThreadPool<StretchTask, unknown>;
  #ready: Promise<void> | undefined;
  /** Whether the plan must be measured. */
  readonly #measures: boolean;
  #plan: StretchPlan;
  /** The most passwords that a batch has slots for. */
  readonly #largestGroup: number;
  #regions: number[] | undefined;
  readonly #wiper: SlotWiper;

  /** @throws Error when this machine can run neither the engine asked for nor its stand-in */
  constructor({ engine, threads, memoryMiB, niceIncrement, plan, threadFile, observe }: StretcherOptions) {
    this.engine = resolveStretchEngine(engine);
    this.#plan = plan ?? PLANS[this.engine];
    this.#measures = this.engine === 'wasm' && !plan;
    const allocations = divideSlots(threads, Math.floor(memoryMiB / SLOT_MIB));
    this.#largestGroup = allocations[0]?.indexes.length ?? 1;
    this.queue = new StretchQueue({
      run: (batch, slots, timeLimitMs) => this.#runBatch(batch, slots, timeLimitMs),
      recover: async (slots) => {
        await this.#pool.deadThreadsExited();
        await this.#run('wipe', { slots });
      },
      now: () => performance.now(),
      ...(observe && { observe }),
    });
    this.#wiper = new SlotWiper({
      claim: (slots) => this.queue.claim(slots),
      release: (slots) => this.queue.release(slots),
      wipe: (slots) => this.#run('wipe', { slots }),
      after: (ms, callBack) => {
        const timer = setTimeout(callBack, ms).unref();
        return () => clearTimeout(timer);
      },
    });
    this.#adopt(this.#plan);
    const slots = countByMemory(allocations);
    if (this.engine === 'native') this.#regions = slots.map((count) => loadNative().mapSlots(count));
    const workerData: StretchThreadData = {
      engine: this.engine,
      kernel: this.engine === 'wasm' ? createSharedKernel(slots) : undefined,
      regions: this.#regions,
    };
    this.#pool = new ThreadPool({
      file: threadFile ?? new URL('./thread/stretch-thread.js', import.meta.url),
      threads,
      niceIncrement,
      workerData,
      onDied: (error) => observe?.({ type: 'threadDied', error }),
    });
    for (const slots of allocations) this.queue.release(slots);
  }

  /** How passwords are stretched: as was measured here, once `ready`. */
  get plan(): Readonly<StretchPlan> {
    return this.#plan;
  }

  /** The threads there are, for the tests that kill one. */
  get threads() {
    return this.#pool.threads;
  }

  /**
   * Starts the threads, and measures how `wasm` stretches best. Resolves when both are done. A password that comes
   * earlier waits for the thread.
   * @throws Error when no thread can start
   */
  ready(): Promise<void> {
    this.#ready ??= this.#prepare();
    return this.#ready;
  }

  /**
   * Stretches a password to its verifier and unwrapBKey. The request's password bytes are wiped, whatever
   * the outcome.
   * @throws StretchAbandonedError, StretchFailedError (see StretchQueue)
   * @see docs/protocol.md, "Password stretching"
   */
  async stretch(request: StretchRequest, order: StretchOrder): Promise<StretchReply> {
    try {
      return await this.queue.submit(request, order);
    } finally {
      request.password.fill(0);
    }
  }

  /** Ends the threads and gives the memory back; stretches under way fail. */
  async close(): Promise<void> {
    this.#wiper.close();
    await this.#pool.close();
    for (const region of this.#regions ?? []) loadNative().unmapSlots(region);
    this.#regions = undefined;
  }

  async #prepare(): Promise<void> {
    // What fails here fails again, and is reported, with the first stretches.
    const measured = this.#measures && this.#measure().catch(() => {});
    await Promise.all([this.#pool.start(), measured]);
  }

  get #usesSlots(): boolean {
    return this.engine === 'native' || this.engine === 'wasm';
  }

  async #measure(): Promise<void> {
    this.#adopt(await this.#run('measure', { largestGroup: this.#largestGroup }));
  }

  #adopt(plan: StretchPlan): void {
    this.#plan = plan;
    const groupSize = Math.min(plan.groupSize, this.#largestGroup);
    this.queue.expect(groupSize, plan.expectedMs[groupSize - 1]);
  }

  /** The passwords are moved to the thread: copies would stay in the buffers of messages, which nobody wipes. */
  async #runBatch(
    batch: StretchBatch,
    allocation: SlotAllocation,
    timeLimitMs: number,
  ): Promise<StretchOutcome[]> {
    const moved = batch.map((request) => {
      const password = new Uint8Array(new ArrayBuffer(request.password.length));
      password.set(request.password);
      request.password.fill(0);
      return { ...request, password };
    });
    const passwords = moved.map(({ password }) => password.buffer);
    const slots = { memory: allocation.memory, indexes: allocation.indexes.slice(0, batch.length) };
    const wipeFirst = this.#wiper.begin(allocation, batch.length);
    const { single, pbkdf2 } = this.#plan;
    const task = { batch: moved, slots, wipeFirst, single, pbkdf2 };
    try {
      return await this.#run('stretch', task, passwords, timeLimitMs);
    } finally {
      if (this.#usesSlots) this.#wiper.end(allocation, batch.length);
    }
  }

  #run<Name extends keyof StretchTasks>(
    task: Name,
    input: StretchTasks[Name]['in'],
    transferList: ArrayBuffer[] = [],
    timeLimitMs?: number,
  ): Promise<StretchTasks[Name]['out']> {
    const message = { task, input } as StretchTask;
    const result = timeLimitMs
      ? this.#pool.runWithin(timeLimitMs, message, transferList)
      : this.#pool.run(message, { transferList });
    return result as Promise<StretchTasks[Name]['out']>;
  }
}

/** How each engine stretches, with a first guess at its times. Only `wasm` has a choice, and measures. */
const PLANS: Record<StretchEngineName, StretchPlan> = {
  native: { single: 'vector', pbkdf2: 'openssl', groupSize: 4, expectedMs: [110, 130, 150, 170] },
  wasm: { single: 'vector', pbkdf2: 'openssl', groupSize: 2, expectedMs: [200, 260] },
  openssl: { single: 'vector', pbkdf2: 'openssl', groupSize: 1, expectedMs: [300] },
  'scrypt-js': { single: 'vector', pbkdf2: 'openssl', groupSize: 1, expectedMs: [1000] },
};

/** How many slots each memory has. */
function countByMemory(allocations: SlotAllocation[]): number[] {
  const slots: number[] = [];
  for (const { memory, indexes } of allocations) slots[memory] = (slots[memory] ?? 0) + indexes.length;
  return slots;
}

function createSharedKernel(slots: number[]): StretchThreadData['kernel'] {
  return {
    module: new WebAssembly.Module(readKernel('shared')),
    memories: slots.map((count) => createSharedMemory(count * SLOT_BYTES)),
  };
}
