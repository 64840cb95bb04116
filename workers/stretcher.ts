import { MAX_GROUP, SLOT_BYTES } from '../protocol/scrypt-parameters.js';
import { createSharedMemory, readKernel } from './kernel/load-kernel.js';
import { loadNative } from './kernel/load-native.js';
import type {
  StretchEngineName,
  StretchPlan,
  StretchReply,
  StretchRequest,
  StretchTask,
  StretchTasks,
  StretchThreadData,
} from './messages.js';
import { resolveStretchEngine } from './stretch-engine.js';
import { type StretchEvent, type StretchOrder, type StretchPlace, StretchQueue } from './stretch-queue.js';
import { spreadSlots } from './stretch-slots.js';
import { ThreadPool } from './thread-pool.js';

export interface StretcherOptions {
  engine: StretchEngineName;
  threads: number;
  /** For all threads together, at least 64; what is over a multiple of 64 is not used. */
  memoryMiB: number;
  maxWaitMs: number;
  /** How much lower than the event loop the threads' OS priority is (POSIX nice, 0 to 19). */
  niceIncrement: number;
  /** How `wasm` stretches, if that was measured before; by default it is measured at the start. */
  plan?: StretchPlan | undefined;
  observe?: (event: StretchEvent | StretchThreadDied) => void;
}

/** A thread ended without being told to. What it held has failed, and another takes its place. */
export interface StretchThreadDied {
  type: 'threadDied';
  /** Why, when it held nothing; what it held was told. */
  error: Error | undefined;
}

/** What a password that is stretched occupies: a slot. */
export const SLOT_MIB = 64;

/**
 * Stretches passwords in threads of low OS priority, 64 MiB and some hundredths to a quarter of a
 * CPU second each. Nothing else queues here.
 *
 * With `native` and `wasm` the memory is allocated once, shared by all threads, and the queue says which part of it a batch
 * has: any thread can take a group while the others wait, or all can take one password each.
 */
export class Stretcher {
  readonly queue: StretchQueue;
  /** The engine that runs: not the one asked for where this machine cannot run that. */
  readonly engine: StretchEngineName;
  readonly #pool: ThreadPool<StretchTask, unknown>;
  readonly #observe: StretcherOptions['observe'];
  readonly #ready: Promise<void>;
  #settleThreads!: { resolve: () => void; reject: (error: Error) => void };
  #threadsToCome: number;
  #plan: StretchPlan;
  #regions: number[] | undefined;

  /** @throws Error when this machine can run neither the engine asked for nor its stand-in */
  constructor({ engine, threads, memoryMiB, maxWaitMs, niceIncrement, plan, observe }: StretcherOptions) {
    this.engine = resolveStretchEngine(engine);
    this.#plan = PLANS[this.engine];
    const slots = Math.floor(memoryMiB / SLOT_MIB);
    this.queue = new StretchQueue({
      threads,
      slots,
      groupSize: this.#plan.groupSize,
      maxWaitMs,
      run: (batch, slots) => this.#run('stretch', { batch, slots, single: this.#plan.single }),
      wipe: (slots) => this.#run('wipe', { slots }),
      now: () => performance.now(),
      ...(observe && { observe }),
    });
    this.queue.expect(this.#plan.expectedMs);
    this.#observe = observe;
    this.#threadsToCome = threads;
    const memorySlots = spreadSlots(slots);
    if (this.engine === 'native') this.#regions = memorySlots.map((count) => loadNative().mapSlots(count));
    const workerData: StretchThreadData = {
      engine: this.engine,
      kernel: this.engine === 'wasm' ? createSharedKernel(memorySlots) : undefined,
      regions: this.#regions,
    };
    this.#pool = new ThreadPool({
      file: new URL('./thread/stretch-thread.js', import.meta.url),
      threads,
      niceIncrement,
      workerData,
      onReady: () => this.#noteReady(),
      onDied: (error) => this.#noteDeath(error),
    });
    this.#ready = this.#warmUp(memorySlots, Math.min(slots, MAX_GROUP), plan);
    // Who does not ask for it hears of it with the first stretch.
    this.#ready.catch(() => {});
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
   * Resolves when every thread runs, all memory is at hand and the fastest way to use it is known. Nobody needs
   * to wait for it: what comes earlier is stretched, and waits for the thread.
   * @throws Error when no thread can start
   */
  ready(): Promise<void> {
    return this.#ready;
  }

  /**
   * Stretches a password to its verifier and unwrapBKey. The request's password bytes are wiped, whatever
   * the outcome.
   * @throws StretchOverloadError, StretchAbandonedError, StretchFailedError (see StretchQueue)
   * @see protocol.md, "Password stretching"
   */
  async stretch(request: StretchRequest, order: StretchOrder): Promise<StretchReply> {
    try {
      return await this.queue.submit(request, order);
    } finally {
      request.password.fill(0);
    }
  }

  /** A place in line for a stretch (see StretchQueue.keepPlace). @throws StretchOverloadError */
  keepPlace(order: StretchOrder): StretchPlace {
    return this.queue.keepPlace(order);
  }

  /** Ends the threads and gives the memory back; stretches under way fail. */
  async close(): Promise<void> {
    await this.#pool.close();
    for (const region of this.#regions ?? []) loadNative().unmapSlots(region);
    this.#regions = undefined;
  }

  /**
   * The threads take the memory from the operating system, 20 ms of page faults a slot: the first logins are as fast
   * as the next, and memory that would not suffice is missed now and not under load. Then one of them measures, for
   * all. What fails here is left to the stretches, which will say so.
   */
  async #warmUp(memorySlots: number[], largestGroup: number, plan: StretchPlan | undefined): Promise<void> {
    const threads = new Promise<void>((resolve, reject) => {
      this.#settleThreads = { resolve, reject };
    });
    const allSlots = memorySlots.flatMap((slots, memory) =>
      Array.from({ length: slots }, (_, slot) => ({ memory, indexes: [slot] })),
    );
    const wiped = allSlots.map(async (slots) => {
      if (this.engine === 'wasm' || this.engine === 'native')
        await this.#run('wipe', { slots }).catch(() => {});
      this.queue.release(slots);
    });
    if (plan) this.#adopt(plan);
    const measured = this.engine === 'wasm' && !plan && this.#measure(largestGroup).catch(() => {});
    await Promise.all([threads, measured, ...wiped]);
  }

  async #measure(largestGroup: number): Promise<void> {
    this.#adopt(await this.#run('measure', { largestGroup }));
  }

  #adopt(plan: StretchPlan): void {
    this.#plan = plan;
    this.queue.groupSize = plan.groupSize;
    this.queue.expect(plan.expectedMs);
  }

  #run<Name extends keyof StretchTasks>(
    task: Name,
    input: StretchTasks[Name]['in'],
  ): Promise<StretchTasks[Name]['out']> {
    return this.#pool.run({ task, input } as StretchTask) as Promise<StretchTasks[Name]['out']>;
  }

  #noteReady(): void {
    this.#threadsToCome--;
    if (this.#threadsToCome === 0) this.#settleThreads.resolve();
  }

  #noteDeath(error: Error | undefined): void {
    this.#observe?.({ type: 'threadDied', error });
    if (this.threads.length > 0) return;
    this.#settleThreads.reject(new Error('no stretch thread can start', { cause: error }));
  }
}

/** How each engine stretches, with a first guess at its times. Only `wasm` has a choice, and measures. */
const PLANS: Record<StretchEngineName, StretchPlan> = {
  native: { single: 'vector', groupSize: 4, expectedMs: [110, 130, 150, 170] },
  wasm: { single: 'vector', groupSize: 2, expectedMs: [200, 260] },
  openssl: { single: 'vector', groupSize: 1, expectedMs: [300] },
  'scrypt-js': { single: 'vector', groupSize: 1, expectedMs: [1000] },
};

function createSharedKernel(memorySlots: number[]): StretchThreadData['kernel'] {
  return {
    module: new WebAssembly.Module(readKernel('shared')),
    memories: memorySlots.map((slots) => createSharedMemory(slots * SLOT_BYTES)),
  };
}
