/**
 * A map whose entries end by themselves. Where all entries live equally long, the first ones are the
 * next to end, so that clearing out never looks further than the first one that lives.
 */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, { value: Value; expiresAt: number }>();

  get(key: string, nowMs: number): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.expiresAt > nowMs ? entry.value : undefined;
  }

  set(key: string, value: Value, expiresAt: number, nowMs: number): void {
    this.evict(nowMs);
    // A key that is set again would keep its place among the older ones.
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt });
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Drops what has ended. */
  evict(nowMs: number): void {
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt > nowMs) break;
      this.#entries.delete(key);
    }
  }
}
