/** Senders and accounts remembered before those whose turn has passed are forgotten. */
const REMEMBERED_TAGS = 4096;

/**
 * Fairness over sources and accounts, by start-time fair queueing: a request's tag, its place in the fair order, is
 * one more than the latest of the queue's virtual time and the last tags of its source and its account. Who has much
 * waiting lines up behind himself, and a newcomer goes next. An account's tag moves once for each source in line for
 * it, however much that source has waiting: a flood for someone's account from elsewhere does not lock its owner out.
 */
export class FairTags {
  readonly #lastTags = new Map<string, number>();
  #forgetAbove = REMEMBERED_TAGS;
  #virtualTime = 0;

  /** The tag of a new request; `join` takes it, and what that gives takes it back. */
  find({ source, account }: { source: string; account: string }): { tag: number; join: () => () => void } {
    const keys = { source: sourceKey(source), account: `a${account}`, both: `b${source}\0${account}` };
    const last = (key: string) => Math.max(this.#virtualTime, this.#lastTags.get(key) ?? 0);
    const inLine = last(keys.both) > this.#virtualTime;
    const tag = 1 + Math.max(last(keys.source), inLine ? 0 : last(keys.account));
    const join = () => {
      const before = { source: this.#lastTags.get(keys.source), both: this.#lastTags.get(keys.both) };
      const accountTag = 1 + last(keys.account);
      if (!inLine) this.#lastTags.set(keys.account, accountTag);
      this.#lastTags.set(keys.source, tag);
      this.#lastTags.set(keys.both, tag);
      return () => {
        this.#takeBack(keys.source, tag, before.source);
        this.#takeBack(keys.both, tag, before.both);
        if (!inLine) this.#takeBack(keys.account, accountTag, accountTag - 1);
      };
    };
    return { tag, join };
  }

  /** Whoever has lined up behind a tag stays there. */
  #takeBack(key: string, tag: number, before = 0): void {
    if (this.#lastTags.get(key) === tag) this.#lastTags.set(key, before);
  }

  /**
   * How many of those that are next to be stretched may be together. A group with someone in it who has nothing else
   * in line ends where another would be in it twice: it would take longer for all of it, and a flood loses little by
   * one smaller group for every newcomer. Groups of many sources stay as large as they are.
   */
  groupOf(next: readonly { source: string; tag: number }[]): number {
    const sources = new Set<string>();
    let isForNewcomer = false;
    for (const [i, { source, tag }] of next.entries()) {
      if (isForNewcomer && sources.has(source)) return i;
      isForNewcomer ||= (this.#lastTags.get(sourceKey(source)) ?? tag) <= tag;
      sources.add(source);
    }
    return next.length;
  }

  /** The request with this tag has its turn. */
  serve(tag: number): void {
    this.#virtualTime = Math.max(this.#virtualTime, tag);
  }

  /** Forgets those whose turn has passed, all of them when nobody waits. */
  forget(nobodyWaits: boolean): void {
    if (nobodyWaits) this.#lastTags.clear();
    // Costs little over many requests: half of what is remembered must be new before it is done again.
    else if (this.#lastTags.size > this.#forgetAbove) {
      for (const [key, tag] of this.#lastTags) if (tag <= this.#virtualTime) this.#lastTags.delete(key);
      this.#forgetAbove = Math.max(REMEMBERED_TAGS, 2 * this.#lastTags.size);
    }
  }
}

function sourceKey(source: string): string {
  return `s${source}`;
}
