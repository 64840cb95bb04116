/**
 * Requests in flight, and the position of the next one in a round robin over sources. A request of a source with n in
 * flight waits behind the sum of min(n_i, n + 1) over all sources (max-min fairness).
 */
export class InFlightRequests {
  readonly #bySource = new Map<string, number>();
  /** Number of sources with at least k requests in flight, at index k. */
  readonly #sourcesWith: number[] = [0];

  /** @returns the number of requests served before the next one of a source */
  countAhead(source: string): number {
    const own = this.#bySource.get(source) ?? 0;
    let ahead = 0;
    for (let k = 1; k <= own + 1; k++) ahead += this.#sourcesWith[k] ?? 0;
    return ahead;
  }

  add(source: string): void {
    const own = (this.#bySource.get(source) ?? 0) + 1;
    this.#bySource.set(source, own);
    this.#sourcesWith[own] = (this.#sourcesWith[own] ?? 0) + 1;
  }

  remove(source: string): void {
    const own = this.#bySource.get(source) ?? 0;
    if (own === 0) return;
    (this.#sourcesWith[own] as number)--;
    if (own === 1) this.#bySource.delete(source);
    else this.#bySource.set(source, own - 1);
  }

  get sources(): number {
    return this.#bySource.size;
  }
}
