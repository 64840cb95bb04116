import type { Scheduler } from 'fast-check';
import type { RedisConnection, RedisTopology } from '../../../storage/redis/topology.js';

/** Number of steps by which a broken connection's command is late, so that its compensation can overtake it. */
const LATE_STEPS = 10;

interface Command {
  late: number;
  key: string | undefined;
  command: string[];
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/**
 * The network between one server and a real Redis. A scheduler decides when each command reaches Redis and when
 * each reply reaches the server: in order on one connection, in any order across connections.
 */
export class ScheduledRedis implements RedisTopology {
  /** While `false`, commands pass immediately. */
  isScheduled = false;
  /** While `false`, connecting fails. */
  isUp = true;
  readonly #real: RedisConnection;
  readonly #scheduler: Scheduler;
  readonly #name: string;
  readonly #connections = new Set<ScheduledConnection>();

  constructor(real: RedisConnection, scheduler: Scheduler, name: string) {
    this.#real = real;
    this.#scheduler = scheduler;
    this.#name = name;
  }

  connect = async (): Promise<RedisConnection> => {
    await this.step('connect', async () => {});
    if (!this.isUp) throw new Error('connection refused');
    const connection = new ScheduledConnection(this.#real, this);
    this.#connections.add(connection);
    return connection;
  };

  connectSubscriber = async (): Promise<RedisConnection> => ({
    send: async () => 'PONG',
    subscribe: async () => {},
    onLost: () => {},
    close: () => {},
  });

  /**
   * Breaks all connections.
   * @param commands whether commands that were written but did not reach Redis are lost, or reach it later
   */
  cut(commands: 'lost' | 'late'): void {
    for (const connection of this.#connections) connection.break(commands);
    this.#connections.clear();
  }

  /** Runs a step of the network when the scheduler chooses it. */
  async step(label: string, run: () => Promise<void>): Promise<void> {
    if (!this.isScheduled) return run();
    await this.#scheduler.scheduleSequence([{ label: `${this.#name}: ${label}`, builder: run }]).task;
  }
}

class ScheduledConnection implements RedisConnection {
  readonly #real: RedisConnection;
  readonly #network: ScheduledRedis;
  readonly #unsent: Command[] = [];
  readonly #unanswered: (() => void)[] = [];
  readonly #open = new Set<Command>();
  #onLost = () => {};
  #isBroken = false;

  constructor(real: RedisConnection, network: ScheduledRedis) {
    this.#real = real;
    this.#network = network;
  }

  send(key: string | undefined, command: string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const sent: Command = { late: 0, key, command, resolve, reject };
      this.#unsent.push(sent);
      this.#open.add(sent);
      void this.#network.step(`send ${nameOf(command)}`, () => this.#deliver());
    });
  }

  async subscribe(): Promise<void> {}

  onLost(listener: () => void): void {
    this.#onLost = listener;
    if (this.#isBroken) listener();
  }

  close(): void {
    this.break('late', false);
  }

  break(commands: 'lost' | 'late', tell = true): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    if (commands === 'lost') this.#unsent.length = 0;
    for (const { reject } of this.#open) reject(new Error('connection lost'));
    this.#open.clear();
    if (tell) this.#onLost();
  }

  /** Passes the oldest command to Redis. */
  async #deliver(): Promise<void> {
    const [sent] = this.#unsent;
    if (!sent) return;
    if (this.#isBroken && sent.late++ < LATE_STEPS) {
      void this.#network.step(`delay ${nameOf(sent.command)}`, () => this.#deliver());
      return;
    }
    this.#unsent.shift();
    const settle = await this.#real.send(sent.key, sent.command).then(
      (reply) => () => sent.resolve(reply),
      (error) => () => sent.reject(error),
    );
    this.#unanswered.push(settle);
    void this.#network.step(`answer ${nameOf(sent.command)}`, async () => {
      this.#open.delete(sent);
      this.#unanswered.shift()?.();
      await afterReactions();
    });
  }
}

/** Waits until all pending promise reactions have run. */
export function afterReactions(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function nameOf([name, script]: string[]): string {
  return /^EVAL/.test(name ?? '') ? `${name} ${script?.slice(0, 8).trim()}` : String(name);
}
