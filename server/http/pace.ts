/**
 * Lets work begin a few pieces at a turn of the event loop, in the order in which it came: a thousand requests
 * that arrive at once then leave room between them for those that came for something else.
 */
export class Pace {
  readonly #perTurn: number;
  readonly #waiting: Array<() => void> = [];
  #begunThisTurn = 0;
  #turnIsDue = false;

  /** @throws RangeError when `perTurn` is below 1 */
  constructor(perTurn: number) {
    if (!(perTurn >= 1)) throw new RangeError(`perTurn must be at least 1, got ${perTurn}`);
    this.#perTurn = perTurn;
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
      const next = this.#waiting.splice(0, this.#perTurn);
      this.#begunThisTurn = next.length;
      if (next.length > 0) this.#awaitNextTurn();
      for (const begin of next) begin();
    });
  }
}
