/**
 * Requests in flight, and the position of the next one in a round robin over sources. A request of a source with n in
 * flight waits behind the sum of min(n_i, n + 1) over all sources (max-min fairness).
 */
export class InFlightRequests {
  readonly #bySource = new Map<string, number>();

  /** @returns the number of requests served before the next one of a source */
  countAhead(source: string): number {
    const own = this.#bySource.get(source);
    // The usual case in a burst, and a sum over its sources costs too much for each request.
    if (own === undefined) return this.#bySource.size;
    let ahead = 0;
    for (const count of this.#bySource.values()) ahead += Math.min(count, own + 1);
    return ahead;
  }

  add(source: string): void {
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
  }

  remove(source: string): void {
    const own = this.#bySource.get(source) ?? 0;
    if (own > 1) this.#bySource.set(source, own - 1);
    else this.#bySource.delete(source);
  }
}
