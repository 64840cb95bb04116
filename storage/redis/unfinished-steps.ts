import { NotConnectedError } from './reconnecting-connection.js';

/** What sends commands: a link, or one connection of it. */
export interface RedisSender {
  /** @param key what the command is about */
  send(key: string | undefined, command: string[]): Promise<unknown>;
}

/** Something that is to be done in Redis. Done twice it must be as good as done once, unless it is tried once. */
export type RedisStep = (redis: RedisSender) => Promise<unknown>;

/** How long a step that could not be done is remembered: no token lives longer. And how many are. */
const STEP_LIFE_MS = 900_000;
const MAX_STEPS = 10_000;

interface Remembered {
  run: RedisStep;
  until: number;
  /** Whether it is over once it was sent, answered or not. */
  once: boolean;
  isUnderWay: boolean;
}

/**
 * Steps that a Redis which is away owes: what a failed request used up, word of changes that were committed.
 * They are sent before anything else on the next connection, and again until they are answered.
 */
export class UnfinishedSteps {
  readonly #now: () => number;
  #steps: Remembered[] = [];

  /** @param now the clock, ms since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Remembers a step, and tries it at once: behind what it is to undo, should that still be on its way. */
  add(redis: RedisSender, run: RedisStep, { once = false } = {}): void {
    if (this.#steps.length >= MAX_STEPS) return;
    const step = { run, once, isUnderWay: false, until: this.#now() + STEP_LIFE_MS };
    this.#steps.push(step);
    this.#try(redis, step);
  }

  /** Sends all that are left, in order; nothing has to be waited for. */
  runAll(redis: RedisSender): void {
    const now = this.#now();
    this.#steps = this.#steps.filter(({ until }) => until > now);
    for (const step of this.#steps) this.#try(redis, step);
  }

  #try(redis: RedisSender, step: Remembered): void {
    if (step.once && step.isUnderWay) return;
    step.isUnderWay = true;
    const forget = () => {
      this.#steps = this.#steps.filter((other) => other !== step);
    };
    step.run(redis).then(forget, (error) => {
      step.isUnderWay = false;
      if (step.once && !(error instanceof NotConnectedError)) forget();
    });
  }
}
