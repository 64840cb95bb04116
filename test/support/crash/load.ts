import type { Kind } from './operations.js';

export class Load {
  acknowledged = 0;
  #isKilled = false;
  readonly #watchers = new Set<(written: Kind | undefined) => void>();

  constructor(readonly url: string) {}

  isKilled = (): boolean => this.#isKilled;

  onWriting(kind: Kind): void {
    for (const watcher of this.#watchers) watcher(kind);
  }

  onAcknowledged(): void {
    this.acknowledged++;
    for (const watcher of this.#watchers) watcher(undefined);
  }

  end(): void {
    this.#isKilled = true;
  }

  /** Checks the condition after each writing request and acknowledgement. */
  when(condition: (written: Kind | undefined) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = (written: Kind | undefined) => {
        if (!condition(written)) return;
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
    });
  }
}
