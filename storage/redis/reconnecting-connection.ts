import { setTimeout as delay } from 'node:timers/promises';
import { TimeoutError, withTimeout } from '../with-timeout.js';
import type { ConnectRedis, RedisConnection } from './topology.js';

/** How long one command may take, in ms, before the request that needs it is told 503. */
const COMMAND_TIMEOUT_MS = 1000;
/** The pauses between two attempts to connect, in ms: from the first to the last, doubling. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 500;
/** How often a connection that may be dead without knowing it is tried, in ms. */
const HEARTBEAT_MS = 1000;
/** How long a connection that was replaced may still send what was written to it, in ms. */
const CLOSE_AFTER_MS = 1000;

/** A command was not sent, since there is no connection. */
export class NotConnectedError extends Error {
  readonly code = 'NOT_CONNECTED';
}

/**
 * Keeps one connection to Redis: makes it, makes it again when it is lost, and tries for a better one when
 * it does not answer, as when a machine vanished or another node was made master.
 */
export class ReconnectingConnection {
  readonly #connect: ConnectRedis;
  readonly #prepare: (connection: RedisConnection) => Promise<unknown>;
  readonly #heartbeat: NodeJS.Timeout;
  #connection: RedisConnection | undefined;
  #connecting: Promise<void> | undefined;
  #closed = false;

  /**
   * Starts connecting.
   * @param prepare what to do with each new connection before it is used
   * @param onAlive called about every second while Redis answers
   */
  constructor(
    connect: ConnectRedis,
    prepare: (connection: RedisConnection) => Promise<unknown> = async () => {},
    onAlive: () => void = () => {},
  ) {
    this.#connect = connect;
    this.#prepare = prepare;
    this.#startConnecting();
    this.#heartbeat = setInterval(() => {
      if (this.#connection) this.send(undefined, ['PING']).then(onAlive, () => {});
    }, HEARTBEAT_MS).unref();
  }

  /** Waits for the first connection, but no longer than a command may take. */
  async settle(): Promise<void> {
    if (this.#connecting) await withTimeout(COMMAND_TIMEOUT_MS, this.#connecting).catch(() => {});
  }

  /**
   * Sends one command.
   * @param key what the command is about
   * @throws NotConnectedError at once; TimeoutError after a second, and the command may still be done; what
   *   the `redis` package throws when Redis refuses the command or the connection breaks
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

  /** Tries once for another connection; the one there is serves until then, should it wake up. */
  #replace(): void {
    this.#runOnce(async () => void (await this.#open()));
  }

  /** One attempt at a time; a connection that is lost meanwhile is seen to afterwards. */
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
      await delay(pauseMs, undefined, { ref: false });
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
