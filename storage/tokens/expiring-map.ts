/** Eviction stops at the first live entry: it is exact if all TTLs are equal. */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, { value: Value; expiresAt: number }>();

  get(key: string, nowMs: number): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.expiresAt > nowMs ? entry.value : undefined;
  }

  set(key: string, value: Value, expiresAt: number, nowMs: number): void {
    this.evict(nowMs);
    // Deletes first, because a Map keeps the position of a key that is set again.
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

  evict(nowMs: number): void {
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt > nowMs) break;
      this.#entries.delete(key);
    }
  }
}
