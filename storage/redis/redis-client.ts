import { CompensationQueue } from '../compensation.js';
import { StoreUnavailableError } from '../errors.js';
import { ReconnectingConnection } from './reconnecting-connection.js';
import type { ConnectRedis, RedisSender } from './topology.js';

/** One round trip to Redis, for metrics. */
export interface CommandTiming {
  ms: number;
  failed: boolean;
}

/** Sends commands to Redis over one connection, measures round trips, and translates their errors. */
export class RedisClient implements RedisSender {
  /** They run before any other command on a new connection, so that a restored token is found at once. */
  readonly compensations: CompensationQueue<RedisSender>;
  readonly #connection: ReconnectingConnection;
  readonly #observe: (timing: CommandTiming) => void;

  /**
   * Starts connecting.
   * @param observe called after every round trip
   */
  constructor(connect: ConnectRedis, observe: (timing: CommandTiming) => void) {
    this.#observe = observe;
    this.compensations = new CompensationQueue<RedisSender>(this);
    this.#connection = new ReconnectingConnection(connect, async (connection) =>
      this.compensations.runAll(connection),
    );
  }

  /** Waits for the first connection, for one second at most. */
  settle(): Promise<void> {
    return this.#connection.settle();
  }

  /** Sends one command, within a round trip. @throws see ReconnectingConnection.send */
  send(key: string | undefined, command: string[]): Promise<unknown> {
    return this.#connection.send(key, command);
  }

  /**
   * Measures one round trip.
   * @param work sends its commands together
   * @throws StoreUnavailableError whose cause is what `work` throws
   */
  async roundTrip<Reply>(work: () => Promise<Reply>): Promise<Reply> {
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

  close(): void {
    this.compensations.close();
    this.#connection.close();
  }
}
