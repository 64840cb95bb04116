import { PassThrough } from 'node:stream';

/** Counts the event streams of one server and ends them when it stops. */
export class StatusStreams {
  /** Oldest first. */
  readonly #open = new Map<PassThrough, { uid: string; source: string }>();
  #closed = false;

  constructor(private readonly limits: { perAccount: number; inAll: number }) {}

  get open(): number {
    return this.#open.size;
  }

  /** @returns a stream, or `undefined` at the maximum number of streams or when the server stops */
  add(uid: string, source: string): PassThrough | undefined {
    const { perAccount, inAll } = this.limits;
    const ofAccount = [...this.#open.values()].filter((owner) => owner.uid === uid).length;
    if (this.#closed || ofAccount >= perAccount) return undefined;
    if (this.#open.size >= inAll && !this.#makeRoom(source)) return undefined;
    const stream = new PassThrough();
    this.#open.set(stream, { uid, source });
    stream.once('close', () => this.#open.delete(stream));
    return stream;
  }

  /** Clients then reconnect to another server. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open.keys()) stream.end();
  }

  /** Ends the oldest stream of the source with most, if that has at least two more (max-min fairness). */
  #makeRoom(source: string): boolean {
    const counts = new Map<string, number>();
    for (const owner of this.#open.values()) counts.set(owner.source, (counts.get(owner.source) ?? 0) + 1);
    const most = Math.max(...counts.values());
    if (most < (counts.get(source) ?? 0) + 2) return false;
    const [oldest] = [...this.#open].find(([, owner]) => counts.get(owner.source) === most) ?? [];
    if (!oldest) return false;
    this.#open.delete(oldest);
    oldest.end();
    return true;
  }
}
