import { TimeoutError, withTimeout } from '../../protocol/with-timeout.js';
import { NotConnectedError } from '../errors.js';
import type { ConnectRedis, RedisConnection } from './topology.js';

const COMMAND_TIMEOUT_MS = 1000;
/** Pauses between attempts double from the first to the last. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 500;
/** PINGs detect a connection that died without a TCP reset. */
const HEARTBEAT_MS = 1000;
/** A replaced connection stays open for this time, so that written commands are still sent. */
const CLOSE_AFTER_MS = 1000;

/**
 * Keeps one connection to Redis. When it is lost, times out or is read-only, another one replaces it.
 * See docs/architecture.md, "Redis token store with its own connection handling".
 */
export class ReconnectingConnection {
  readonly #connect: ConnectRedis;
  readonly #prepare: (connection: RedisConnection) => Promise<unknown>;
  readonly #heartbeat: NodeJS.Timeout;
  #connection: RedisConnection | undefined;
  #connecting: Promise<void> | undefined;
  #closed = false;

  /** @param prepare called with each new connection before it is used */
  constructor(
    connect: ConnectRedis,
    prepare: (connection: RedisConnection) => Promise<unknown> = async () => {},
  ) {
    this.#connect = connect;
    this.#prepare = prepare;
    this.#startConnecting();
    this.#heartbeat = setInterval(() => {
      if (this.#connection) this.send(undefined, ['PING']).catch(() => {});
    }, HEARTBEAT_MS).unref();
  }

  /** Waits one second at most for the first connection. */
  async settle(): Promise<void> {
    if (this.#connecting) await withTimeout(COMMAND_TIMEOUT_MS, this.#connecting).catch(() => {});
  }

  /**
   * @throws NotConnectedError at once without a connection; TimeoutError after one second, when the command
   *   may still run; the `redis` package's error when Redis rejects the command or the connection breaks
   */
  async send(key: string | undefined, command: string[]): Promise<unknown> {
    const connection = this.#connection;
    if (!connection) throw new NotConnectedError('no connection to Redis');
    try {
      return await withTimeout(COMMAND_TIMEOUT_MS, connection.send(key, command));
    } catch (error) {
      if (error instanceof TimeoutError || /^READONLY/.test((error as Error).message)) this.#replace();
      throw error;
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    this.#connection?.close();
    this.#connection = undefined;
  }

  #startConnecting(): void {
    this.#runOnce(() => this.#connectUntilDone());
  }

  /** Tries once to open another connection. The current one stays in use, because it can recover. */
  #replace(): void {
    this.#runOnce(async () => void (await this.#open()));
  }

  /** Makes one attempt at a time. A connection that is lost during an attempt is replaced after it. */
  #runOnce(work: () => Promise<void>): void {
    if (this.#closed) return;
    this.#connecting ??= work().then(() => {
      this.#connecting = undefined;
      if (!this.#connection) this.#startConnecting();
    });
  }

  async #connectUntilDone(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.#closed; pauseMs = Math.min(2 * pauseMs, LAST_PAUSE_MS)) {
      if (await this.#open()) return;
      await new Promise<void>((resolve) => void setTimeout(resolve, pauseMs).unref());
    }
  }

  async #open(): Promise<boolean> {
    let connection: RedisConnection | undefined;
    try {
      connection = await this.#connect();
      await withTimeout(COMMAND_TIMEOUT_MS, this.#prepare(connection));
    } catch {
      connection?.close();
      return false;
    }
    if (this.#closed) {
      connection.close();
      return true;
    }
    const replaced = this.#connection;
    if (replaced) setTimeout(() => replaced.close(), CLOSE_AFTER_MS).unref();
    this.#connection = connection;
    connection.onLost(() => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#startConnecting();
    });
    return true;
  }
}
