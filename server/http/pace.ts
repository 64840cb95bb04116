import type { Context, Next } from 'koa';

/** While connections arrive, in how many turns some work begins: one connection is taken at a turn. */
const ARRIVAL_TURNS = 64;

/**
 * Lets work begin a few pieces at a turn of the event loop, in the order in which it came: a thousand requests
 * that arrive at once then leave room between them for those that came for something else.
 *
 * Node takes one connection at a turn. While they arrive, next to nothing begins: the health check that is the
 * last of a thousand connections would otherwise wait for the work of all that are in front of it.
 */
export class Pace {
  readonly #perTurn: number;
  readonly #waiting: Array<() => void> = [];
  #begunThisTurn = 0;
  #turnIsDue = false;
  #someoneArrived = false;
  #turnsHeld = 0;

  /** @throws RangeError when `perTurn` is below 1 */
  constructor(perTurn: number) {
    if (!(perTurn >= 1)) throw new RangeError(`perTurn must be at least 1, got ${perTurn}`);
    this.#perTurn = perTurn;
  }

  /** Tells that a connection arrived, and that more may be waiting. */
  noteArrival(): void {
    this.#someoneArrived = true;
  }

  /** Resolves when it is the caller's turn. */
  async turn(): Promise<void> {
    this.#awaitNextTurn();
    if (this.#begunThisTurn < this.#perTurn) {
      this.#begunThisTurn++;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #awaitNextTurn(): void {
    if (this.#turnIsDue) return;
    this.#turnIsDue = true;
    setImmediate(() => {
      this.#turnIsDue = false;
      const next = this.#isHeld() ? [] : this.#waiting.splice(0, this.#perTurn);
      this.#begunThisTurn = this.#waiting.length > 0 ? this.#perTurn : next.length;
      if (this.#begunThisTurn > 0) this.#awaitNextTurn();
      for (const begin of next) begin();
    });
  }

  #isHeld(): boolean {
    const held = this.#someoneArrived && this.#turnsHeld < ARRIVAL_TURNS && this.#waiting.length > 0;
    this.#someoneArrived = false;
    this.#turnsHeld = held ? this.#turnsHeld + 1 : 0;
    return held;
  }
}

/**
 * Lets the requests for some paths take turns before anything is done for them.
 * @param paths as the router knows them, which takes them in any case and with a slash behind
 */
export function paceRequests(pace: Pace, paths: readonly string[]) {
  const known = new Set(paths.map((path) => path.toLowerCase()));
  return async (ctx: Context, next: Next) => {
    if (known.has(ctx.path.toLowerCase().replace(/\/$/, ''))) await pace.turn();
    await next();
  };
}
