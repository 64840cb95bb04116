import { SLOT_BYTES } from '../protocol/scrypt-parameters.js';
import type { StretchEngineName } from '../protocol/stretch-engines.js';
import { createSharedMemory, readKernel } from './kernel/load-kernel.js';
import { findNativeProblem, loadNative } from './kernel/load-native.js';
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
import { startTimer } from './start-timer.js';
import { resolveStretchEngine } from './stretch-engine.js';
import { divideSlots } from './stretch-slots.js';
import { type TaskClient, type TaskEvent, TaskQueue } from './task-queue.js';
import { ThreadPool } from './thread-pool.js';

export interface StretcherOptions {
  engine: StretchEngineName;
  threads: number;
  /** At least 64. Divided evenly into slots of 64. */
  memoryMiB: number;
  /** OS priority of the threads below that of the event loop (POSIX nice increment, 0 to 19). */
  niceIncrement: number;
  /** Plan for `wasm`; measured at the start by default. */
  plan?: StretchPlan | undefined;
  /** For tests with threads that hang. */
  threadFile?: URL;
  observe?: (event: TaskEvent | StretchThreadDied) => void;
}

/** A thread ended unexpectedly. Its batch failed, and another thread replaces it. */
export interface StretchThreadDied {
  type: 'threadDied';
  /** The error of an idle thread. The batch of a busy thread fails with its error. */
  error: Error | undefined;
}

/** Size of a slot, the memory of one stretch. */
export const SLOT_MIB = 64;

/** A thread wipes four slots in up to 50 ms. */
const STRETCH_THREADS_PER_WIPE_THREAD = 4;

/**
 * Stretches passwords in low-priority threads: 64 MiB and 0.04 to 0.25 s of CPU each. With `native` and `wasm` the
 * threads share the memory, and the queue assigns slots to each batch.
 */
export class Stretcher {
  readonly queue: TaskQueue<StretchRequest, StretchReply, SlotAllocation>;
  /** The running engine: the configured one, or its replacement on this machine. */
  readonly engine: StretchEngineName;
  readonly #pool: ThreadPool<StretchTask, unknown>;
  #ready: Promise<void> | undefined;
  readonly #measures: boolean;
  #plan: StretchPlan;
  /** Maximum number of slots of a batch. */
  readonly #largestGroup: number;
  readonly #memories: WebAssembly.Memory[];
  readonly #wiper: SlotWiper;
  /** Has normal priority: on a busy machine, low-priority threads would wipe after a second. */
  readonly #wipePool: ThreadPool<SlotAllocation, void>;

  /** @throws Error when this machine can run neither the configured engine nor a replacement */
  constructor({ engine, threads, memoryMiB, niceIncrement, plan, threadFile, observe }: StretcherOptions) {
    this.engine = resolveStretchEngine(engine);
    this.#plan = plan ?? PLANS[this.engine];
    this.#measures = this.engine === 'wasm' && !plan;
    const allocations = divideSlots(threads, Math.floor(memoryMiB / SLOT_MIB));
    this.#largestGroup = allocations[0]?.indexes.length ?? 1;
    this.queue = new TaskQueue({
      slots: allocations,
      run: (batch, slots, timeLimitMs) => this.#runBatch(batch, slots, timeLimitMs),
      recover: () => this.#pool.deadThreadsExited(),
      now: () => performance.now(),
      after: startTimer,
      observe,
    });
    this.#wiper = new SlotWiper({
      claim: (slots) => this.queue.claim(slots),
      release: (slots) => this.queue.release(slots),
      wipe: (slots) => this.#wipePool.run(slots),
      after: startTimer,
    });
    this.#adopt(this.#plan);
    this.#memories = this.#usesSlots ? createMemories(allocations) : [];
    const workerData: StretchThreadData = {
      engine: this.engine,
      memories: this.#memories,
      module: this.engine === 'wasm' ? new WebAssembly.Module(readKernel('shared')) : undefined,
    };
    if (this.engine === 'native') {
      for (const { buffer } of this.#memories) loadNative().resetMemory(new Uint8Array(buffer));
    }
    this.#pool = new ThreadPool({
      file: threadFile ?? new URL('./thread/stretch-thread.js', import.meta.url),
      threads,
      niceIncrement,
      workerData,
      onDied: (error) => observe?.({ type: 'threadDied', error }),
    });
    this.#wipePool = new ThreadPool({
      file: new URL('./thread/wipe-thread.js', import.meta.url),
      threads: Math.ceil(threads / STRETCH_THREADS_PER_WIPE_THREAD),
      workerData: this.#memories,
    });
  }

  /** The current plan, which is measured once `ready`. */
  get plan(): Readonly<StretchPlan> {
    return this.#plan;
  }

  /** For tests that kill one. */
  get threads() {
    return this.#pool.threads;
  }

  /**
   * Starts the threads and measures the plan of `wasm`. Earlier stretches wait for a thread.
   * @throws Error when no thread can start
   */
  ready(): Promise<void> {
    this.#ready ??= this.#prepare();
    return this.#ready;
  }

  /**
   * Wipes the request's password bytes in every case.
   * @throws TaskAbandonedError, TaskFailedError (see TaskQueue)
   * @see docs/protocol.md, "Password stretching"
   */
  async stretch(request: StretchRequest, client: TaskClient): Promise<StretchReply> {
    try {
      return await this.queue.submit(request, client);
    } finally {
      request.password.fill(0);
    }
  }

  /** Terminates the threads, and wipes and releases the memory. Running stretches fail. */
  async close(): Promise<void> {
    await this.#pool.close();
    await this.#pool.deadThreadsExited();
    await this.#wiper.close();
    await this.#wipePool.close();
    this.#memories.forEach(releaseMemory);
  }

  async #prepare(): Promise<void> {
    // Errors are ignored: they recur with the first stretches, which report them.
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
    this.queue.expect(groupSize, plan.batchMs);
  }

  /** Moves the passwords to the thread, because copies would stay in message buffers, which are not wiped. */
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
    const { single, pbkdf2 } = this.#plan;
    const stretching = this.#run('stretch', { batch: moved, slots, single, pbkdf2 }, passwords, timeLimitMs);
    if (!this.#usesSlots) return stretching;
    const wiping = this.#wiper.begin(allocation, batch.length);
    try {
      return await stretching;
    } finally {
      // After the first stretch: a starting thread would delay it. A wipe that finds no thread is repeated.
      this.#wipePool.start().catch(() => {});
      this.#wiper.end(allocation, await wiping);
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

/** Initial plan of each engine, with assumed times. Only `wasm` has alternatives and measures them. */
const PLANS: Record<StretchEngineName, StretchPlan> = {
  native: { single: 'vector', pbkdf2: 'openssl', groupSize: 4, batchMs: 170 },
  wasm: { single: 'vector', pbkdf2: 'openssl', groupSize: 2, batchMs: 260 },
  openssl: { single: 'vector', pbkdf2: 'openssl', groupSize: 1, batchMs: 300 },
  'scrypt-js': { single: 'vector', pbkdf2: 'openssl', groupSize: 1, batchMs: 1000 },
};

/** The operating system maps a slot with its first stretch, which takes 20 ms. */
function createMemories(allocations: SlotAllocation[]): WebAssembly.Memory[] {
  const slots: number[] = [];
  for (const { memory, indexes } of allocations) slots[memory] = (slots[memory] ?? 0) + indexes.length;
  return slots.map((count) => createSharedMemory(count * SLOT_BYTES));
}

/** Gives a memory back to the operating system. Without the addon, the garbage collector does this later. */
function releaseMemory({ buffer }: WebAssembly.Memory): void {
  if (findNativeProblem() === undefined) loadNative().resetMemory(new Uint8Array(buffer));
}
