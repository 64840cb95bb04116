import { withTimeout } from '../protocol/with-timeout.js';
import { NotConnectedError, StoreUnavailableError } from './errors.js';

/**
 * Undoes one effect in a store. Runs again until it is acknowledged, so it must be idempotent.
 * See docs/architecture.md, "Compensation".
 */
export type Compensation<Store> = (store: Store) => Promise<unknown>;

/** Longer than PostgreSQL lets a statement run (1.3 s). */
const RETRY_MS = 1500;
/** Beyond it the oldest entry is dropped: its token expires first. */
const MAX_PENDING = 10_000;
/** A 503 waits no longer. Unfinished compensations continue in the store's queue. */
const REPLY_DELAY_MS = 250;

interface Pending<Store> {
  run: Compensation<Store>;
  attempts: number;
}

/** Retries the compensations of one store until they are acknowledged or the process ends. */
export class CompensationQueue<Store> {
  readonly #store: Store;
  readonly #attemptAtOnce: boolean;
  readonly #pending = new Set<Pending<Store>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param options.attemptAtOnce `false` if an early attempt could run before the effect that it undoes */
  constructor(store: Store, { attemptAtOnce = true } = {}) {
    this.#store = store;
    this.#attemptAtOnce = attemptAtOnce;
  }

  /** Enqueues the compensation of an effect whose outcome is unknown. @throws what `effect` throws */
  async undoIfUnknown<Reply>(
    effect: () => Promise<Reply>,
    compensation: Compensation<Store>,
  ): Promise<Reply> {
    try {
      return await effect();
    } catch (error) {
      if (!isUnsent(error)) this.enqueue(compensation);
      throw error;
    }
  }

  /** Runs a step that must not be lost. When it fails, it is enqueued. @throws what `step` throws */
  async runOrEnqueue<Reply>(step: () => Promise<Reply>, compensation: Compensation<Store>): Promise<Reply> {
    try {
      return await step();
    } catch (error) {
      this.enqueue(compensation);
      throw error;
    }
  }

  enqueue(run: Compensation<Store>): void {
    const [oldest] = this.#pending;
    if (oldest && this.#pending.size >= MAX_PENDING) this.#pending.delete(oldest);
    const pending = { run, attempts: 0 };
    this.#pending.add(pending);
    if (this.#attemptAtOnce) void this.#attempt(pending, this.#store);
    this.#schedule();
  }

  /** Starts all compensations in order on a new connection, before any later command. */
  runAll(store: Store): void {
    for (const pending of this.#pending) void this.#attempt(pending, store);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** A compensation that is added later waits for the next round, so that each waits at least RETRY_MS. */
  #schedule(): void {
    if (this.#closed || this.#timer || this.#pending.size === 0) return;
    const due = [...this.#pending];
    this.#timer = setTimeout(() => void this.#retry(due), RETRY_MS).unref();
  }

  /** Runs them one after another until one fails, so that a store that hangs gets one command a round. */
  async #retry(due: Pending<Store>[]): Promise<void> {
    for (const pending of due) {
      if (pending.attempts > 0 || !this.#pending.has(pending)) continue;
      if (!(await this.#attempt(pending, this.#store))) break;
    }
    this.#timer = undefined;
    this.#schedule();
  }

  async #attempt(pending: Pending<Store>, store: Store): Promise<boolean> {
    pending.attempts++;
    try {
      await pending.run(store);
      this.#pending.delete(pending);
      return true;
    } catch {
      return false;
    } finally {
      pending.attempts--;
    }
  }
}

function isUnsent(error: unknown): boolean {
  return (error instanceof StoreUnavailableError ? error.cause : error) instanceof NotConnectedError;
}

export class RequestCompensations {
  readonly #steps = new Set<() => Promise<unknown>>();

  /** @param step may finish after the reply; runs at most once. @returns the step, for {@link run} */
  add(step: () => Promise<unknown>): () => Promise<unknown> {
    this.#steps.add(step);
    return step;
  }

  /** Runs one step before the request ends; a step that has run is not run again. Never rejects. */
  async run(step: () => Promise<unknown>): Promise<void> {
    if (this.#steps.delete(step)) await step().catch(() => {});
  }

  /** Runs all steps that have not run. Returns after 250 ms at the latest and never rejects. */
  async runAll(): Promise<void> {
    const running = Promise.all([...this.#steps].map((step) => this.run(step)));
    await withTimeout(REPLY_DELAY_MS, running).catch(() => {});
  }
}
