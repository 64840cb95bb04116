/** What a batch is taken to need, in ms, until anything is known. */
const FIRST_GUESS_MS = 250;
/** Weight of the newest timing in the running estimates. */
const ESTIMATE_GAIN = 0.2;

/**
 * How long batches take, by their size. What was expected holds until something is timed; from then on what
 * was timed tells by how much the machine is slower or faster than expected, for the sizes not yet seen too:
 * expectations are measured when little else runs.
 */
export class BatchTimes {
  #expectedMs: readonly number[] = [];
  readonly #timedMs = new Map<number, number>();
  /** What was worked out since something was last expected or timed: each refusal asks a hundred times. */
  readonly #workedOutMs = new Map<number, number>();

  /** @param expectedMs of a batch of one, of two, and so on, in ms */
  expect(expectedMs: readonly number[]): void {
    this.#expectedMs = expectedMs;
    this.#workedOutMs.clear();
  }

  /** Takes note of how long a batch took, in ms. */
  learn(size: number, tookMs: number): void {
    const known = this.#timedMs.get(size) ?? tookMs;
    this.#timedMs.set(size, known + ESTIMATE_GAIN * (tookMs - known));
    this.#workedOutMs.clear();
  }

  /** How long a batch of this size will take, in ms. Where nothing is known of the size, as one of a smaller size. */
  of(size: number): number {
    const ms = this.#workedOutMs.get(size) ?? this.#workOut(size);
    this.#workedOutMs.set(size, ms);
    return ms;
  }

  #workOut(size: number): number {
    const timedMs = this.#timedMs.get(size);
    if (timedMs !== undefined) return timedMs;
    const expectedMs = this.#expectedMs[size - 1];
    if (expectedMs !== undefined) return expectedMs * this.#slowdownNear(size);
    if (size > 1) return this.of(size - 1);
    return this.#timedMs.values().next().value ?? FIRST_GUESS_MS;
  }

  /** What was timed of the size nearest to this, as a multiple of what was expected of it; 1 when nothing was. */
  #slowdownNear(size: number): number {
    const [nearest] = [...this.#timedMs.keys()]
      .filter((timed) => this.#expectedMs[timed - 1] !== undefined)
      .sort((a, b) => Math.abs(a - size) - Math.abs(b - size));
    if (nearest === undefined) return 1;
    return (this.#timedMs.get(nearest) as number) / (this.#expectedMs[nearest - 1] as number);
  }
}
