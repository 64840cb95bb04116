import type { IncomingMessage, RequestListener } from 'node:http';

/** While connections arrive, in how many turns some work begins: one connection is taken at a turn. */
const ARRIVAL_TURNS = 64;

/**
 * Lets work begin a few pieces at a turn of the event loop: a thousand requests that arrive at once then leave room
 * between them for those that came for something else. Sources take turns, so that one that sent hundreds does not
 * keep another's first waiting; what comes from one begins in the order in which it came.
 *
 * Node takes one connection at a turn. While they arrive, next to nothing begins: the health check that is the
 * last of a thousand connections would otherwise wait for the work of all that are in front of it.
 */
export class Pace {
  readonly #perTurn: number;
  /** What waits, by source; the first source is next. */
  readonly #waiting = new Map<string, Array<() => void>>();
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

  /** Resolves when it is the turn of work that a source ordered. */
  async turn(source: string): Promise<void> {
    this.#awaitNextTurn();
    if (this.#begunThisTurn < this.#perTurn) {
      this.#begunThisTurn++;
      return;
    }
    await new Promise<void>((resolve) => {
      const line = this.#waiting.get(source);
      if (line) line.push(resolve);
      else this.#waiting.set(source, [resolve]);
    });
  }

  #awaitNextTurn(): void {
    if (this.#turnIsDue) return;
    this.#turnIsDue = true;
    setImmediate(() => {
      this.#turnIsDue = false;
      const next = this.#isHeld() ? [] : this.#takeNext();
      this.#begunThisTurn = this.#waiting.size > 0 ? this.#perTurn : next.length;
      if (this.#begunThisTurn > 0) this.#awaitNextTurn();
      for (const begin of next) begin();
    });
  }

  #takeNext(): Array<() => void> {
    const next: Array<() => void> = [];
    // A source that goes behind the others comes again in this loop, if there are not enough of them.
    for (const [source, line] of this.#waiting) {
      if (next.length === this.#perTurn) break;
      next.push(line.shift() as () => void);
      this.#waiting.delete(source);
      if (line.length > 0) this.#waiting.set(source, line);
    }
    return next;
  }

  #isHeld(): boolean {
    const held = this.#someoneArrived && this.#turnsHeld < ARRIVAL_TURNS && this.#waiting.size > 0;
    this.#someoneArrived = false;
    this.#turnsHeld = held ? this.#turnsHeld + 1 : 0;
    return held;
  }
}

/**
 * Lets the requests for some paths take turns before anything is done for them.
 * @param paths in lower case; a request is one for a path when its target has it anywhere: one too many takes turns
 *   rather than one that a router would understand differently
 * @param sourceOf where a request comes from
 * @returns what hands requests on to `handle`
 */
export function paceRequests(
  handle: RequestListener,
  pace: Pace,
  paths: readonly string[],
  sourceOf: (request: IncomingMessage) => string,
): RequestListener {
  return (request, response) => {
    const target = (request.url as string).toLowerCase();
    const begin = () => handle(request, response);
    if (paths.some((path) => target.includes(path))) void pace.turn(sourceOf(request)).then(begin);
    else begin();
  };
}
