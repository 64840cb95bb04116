/** How long after its failure a session is looked for, and again until the database answers, in ms. */
const PAUSE_MS = 1000;
/** More than can fail together while a database goes away. */
const MAX_DOUBTFUL = 1000;

/**
 * Sessions whose creation failed and may have been done all the same, when the database's answer was lost. Nobody
 * has their tokens: they would only be counted and listed, until they are old. So they are ended.
 */
export class DoubtfulSessions {
  readonly #destroy: (tokenID: string) => Promise<unknown>;
  readonly #tokenIDs = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param destroy ends a session if it is there; rejects while the database is away */
  constructor(destroy: (tokenID: string) => Promise<unknown>) {
    this.#destroy = destroy;
  }

  add(tokenID: string): void {
    if (this.#tokenIDs.size >= MAX_DOUBTFUL) return;
    this.#tokenIDs.add(tokenID);
    this.#wait();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    if (!this.#closed) this.#timer ??= setTimeout(() => void this.#destroyAll(), PAUSE_MS).unref();
  }

  /** One after the other: a database that has just come back has other things to do. */
  async #destroyAll(): Promise<void> {
    try {
      for (const tokenID of this.#tokenIDs) {
        await this.#destroy(tokenID);
        this.#tokenIDs.delete(tokenID);
      }
    } catch {
      // The database is away: those that are left are tried again.
    }
    this.#timer = undefined;
    if (this.#tokenIDs.size > 0) this.#wait();
  }
}
