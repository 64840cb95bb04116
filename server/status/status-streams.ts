import { PassThrough } from 'node:stream';

/** Counts the event streams of one server and ends them when it stops. */
export class StatusStreams {
  readonly #perAccount = new Map<string, Set<PassThrough>>();
  #open = 0;
  #closed = false;

  constructor(private readonly limits: { perAccount: number; inAll: number }) {}

  get open(): number {
    return this.#open;
  }

  /** @returns a stream, or `undefined` at the maximum number of streams or when the server stops */
  add(uid: string): PassThrough | undefined {
    const ofAccount = this.#perAccount.get(uid) ?? new Set();
    const { perAccount, inAll } = this.limits;
    if (this.#closed || ofAccount.size >= perAccount || this.#open >= inAll) return undefined;
    const stream = new PassThrough();
    this.#perAccount.set(uid, ofAccount.add(stream));
    this.#open++;
    stream.once('close', () => {
      this.#open--;
      ofAccount.delete(stream);
      if (ofAccount.size === 0) this.#perAccount.delete(uid);
    });
    return stream;
  }

  /** Clients then reconnect to another server. */
  close(): void {
    this.#closed = true;
    for (const ofAccount of this.#perAccount.values()) for (const stream of ofAccount) stream.end();
  }
}
