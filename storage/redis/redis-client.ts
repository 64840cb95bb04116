import { CompensationQueue } from '../compensation.js';
import { StoreUnavailableError } from '../errors.js';
import { ReconnectingConnection } from './reconnecting-connection.js';
import { type RedisScript, runScript, runScriptSource } from './scripts.js';
import type { ConnectRedis, RedisSender } from './topology.js';

export interface CommandTiming {
  ms: number;
  failed: boolean;
}

/** Longer than any command runs. */
const TOMBSTONE_TTL_MS = 900_000;

/** An effect that a request consumes, and the script that undoes it; see scripts.ts. */
export interface ClaimedEffect {
  script: RedisScript;
  undo: RedisScript;
  keys: string[];
  claim: string;
  /** Arguments of `script` after the claim. */
  args?: string[];
}

/** Sends commands over one connection, measures round trips, and translates errors. */
export class RedisClient implements RedisSender {
  /** Runs before any other command on a new connection, so that a restored token is found at once. */
  readonly compensations = new CompensationQueue<RedisSender>(this);
  readonly #connection: ReconnectingConnection;
  readonly #observe: (timing: CommandTiming) => void;

  constructor(connect: ConnectRedis, observe: (timing: CommandTiming) => void) {
    this.#observe = observe;
    this.#connection = new ReconnectingConnection(connect, async (connection) =>
      this.compensations.runAll(connection),
    );
  }

  settle(): Promise<void> {
    return this.#connection.settle();
  }

  send(key: string | undefined, command: string[]): Promise<unknown> {
    return this.#connection.send(key, command);
  }

  /** @param work sends its commands together. @throws StoreUnavailableError, caused by the error of `work` */
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

  /** Runs an effect within a round trip. If its outcome is unknown, it is undone when Redis answers. */
  consume(effect: ClaimedEffect): Promise<unknown> {
    const { script, keys, claim, args = [] } = effect;
    return this.compensations.undoIfUnknown(
      () => runScript(this, script, keys, [claim, ...args]),
      (redis) => undo(redis, effect),
    );
  }

  /** Undoes an effect within a round trip, now or when Redis answers. */
  undo(effect: ClaimedEffect): Promise<unknown> {
    const compensation = (redis: RedisSender) => undo(redis, effect);
    return this.compensations.runOrEnqueue(() => compensation(this), compensation);
  }

  close(): void {
    this.compensations.close();
    this.#connection.close();
  }
}

function undo(redis: RedisSender, { undo, keys, claim }: ClaimedEffect): Promise<unknown> {
  return runScriptSource(redis, undo, keys, [claim, String(TOMBSTONE_TTL_MS)]);
}
