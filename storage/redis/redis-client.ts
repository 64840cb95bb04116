import { StoreUnavailableError } from '../errors.js';
import { NotConnectedError, ReconnectingConnection } from './reconnecting-connection.js';
import type { ConnectRedis } from './topology.js';
import { type RedisSender, type RedisStep, UnfinishedSteps } from './unfinished-steps.js';

/** One trip to Redis, as metrics and the count of trips see it. */
export interface CommandTiming {
  ms: number;
  failed: boolean;
}

/** Trips to Redis over one connection: each is timed and fails in one way, and what a failed one owes is done later. */
export class RedisClient implements RedisSender {
  readonly #connection: ReconnectingConnection;
  readonly #unfinished: UnfinishedSteps;
  readonly #observe: (timing: CommandTiming) => void;

  /**
   * Starts connecting.
   * @param now the clock, ms since 1970
   * @param observe told of every trip
   */
  constructor(connect: ConnectRedis, now: () => number, observe: (timing: CommandTiming) => void) {
    this.#observe = observe;
    this.#unfinished = new UnfinishedSteps(now);
    this.#connection = new ReconnectingConnection(
      connect,
      // What is owed goes first: who comes back with a token finds it again.
      async (connection) => this.#unfinished.runAll(connection),
      () => this.#unfinished.runAll(this.#connection),
    );
  }

  /** Waits for the first connection, but no longer than a command may take. */
  settle(): Promise<void> {
    return this.#connection.settle();
  }

  /** Sends one command, within a trip. @throws see ReconnectingConnection.send */
  send(key: string | undefined, command: string[]): Promise<unknown> {
    return this.#connection.send(key, command);
  }

  /** Makes a trip: whatever `work` sends at once. @throws StoreUnavailableError whose cause is what `work` throws */
  async trip<Reply>(work: () => Promise<Reply>): Promise<Reply> {
    const started = performance.now();
    let failed = true;
    try {
      const reply = await work();
      failed = false;
      return reply;
    } catch (error) {
      throw new StoreUnavailableError('tokens', error);
    } finally {
      this.#observe({ ms: performance.now() - started, failed });
    }
  }

  /** Does some work; when it fails, a step is done in its stead as soon as Redis answers. @throws what `work` throws */
  async orLater<Reply>(work: () => Promise<Reply>, step: RedisStep): Promise<Reply> {
    try {
      return await work();
    } catch (error) {
      this.owe(step);
      throw error;
    }
  }

  /** Has a step done: now, and again until it is answered, or just `once`. */
  owe(step: RedisStep, options?: { once: boolean }): void {
    this.#unfinished.add(this.#connection, step, options);
  }

  close(): void {
    this.#connection.close();
  }
}

/** Whether a command that failed may have been done, or be done yet. */
export function wasSent(failure: unknown): boolean {
  return !(failure instanceof NotConnectedError);
}
