import type { Scheduler } from 'fast-check';
import type { RedisConnection, RedisTopology } from '../../../storage/redis/topology.js';

/** Steps by which a broken connection's command is late, so that its compensation can overtake it. */
const LATE_STEPS = 10;

interface Command {
  late: number;
  key: string | undefined;
  command: string[];
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/**
 * The network between a server and a real Redis. A scheduler decides when commands and replies arrive: in
 * order on one connection, in any order across connections.
 */
export class ScheduledRedis implements RedisTopology {
  isScheduled = false;
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

  /** Commands that were written but did not reach Redis are lost, or reach it later. */
  cut(commands: 'lost' | 'late'): void {
    for (const connection of this.#connections) connection.break(commands);
    this.#connections.clear();
  }

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

/** Resolves after all pending promise reactions. */
export function afterReactions(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function nameOf([name, script]: string[]): string {
  return /^EVAL/.test(name ?? '') ? `${name} ${script?.slice(0, 8).trim()}` : String(name);
}
