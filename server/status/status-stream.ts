import type { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import type { Session } from '../../storage/sessions.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';

/** The protocol asks for a comment line at least every 15 s. */
const KEEP_ALIVE_MS = 10_000;
/** For a status that could not be read. */
const READ_AGAIN_MS = 1000;
/** A stream with more unread bytes is closed. */
const MAX_UNREAD_BYTES = 16 * 1024;

const EVENT_STREAM = 'text/event-stream';

export function toStatus({ email, verified }: Pick<Session, 'email' | 'verified'>) {
  return { email: Buffer.from(email).toString('hex'), verified };
}

/** Whether the Accept header names event streams and prefers them to JSON. `text/*` and `*\/*` get JSON. */
export function asksForEventStream(ctx: Context): boolean {
  const named = ([] as string[]).concat(ctx.accepts()).map((type) => type.toLowerCase());
  return named.includes(EVENT_STREAM) && ctx.accepts('application/json', EVENT_STREAM) === EVENT_STREAM;
}

/**
 * Replies with the status at once and at each change, until it is `verified: true` or the session ends.
 * @throws ApiError 114 at the maximum number of streams of the account or the server
 * @see docs/protocol.md, "Event stream"
 */
export async function openStatusStream(services: Services, session: Session, ctx: Context): Promise<void> {
  const { storage, statusStreams } = services;
  const stream = statusStreams.add(session.uid, ctx.state.client.source);
  if (!stream) throw new ApiError('tooManyRequests', { retryAfter: KEEP_ALIVE_MS / 1000 });
  try {
    const events = new StatusEvents(stream, () => storage.sessions.find(session.tokenID));
    // Subscribe before reading: a change in between is reported twice, not lost.
    const stopListening = await storage.tokens.listen(session.uid, () => events.refresh());
    const keepAlive = setInterval(() => events.comment(), KEEP_ALIVE_MS);
    stream.once('close', () => {
      clearInterval(keepAlive);
      stopListening();
    });
    // Proxies must not buffer or store the stream.
    ctx.set({
      'Content-Type': `${EVENT_STREAM}; charset=utf-8`,
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    ctx.body = stream;
    // More than ten listeners wait for the end of a stream; Node would warn of a leak.
    ctx.res.setMaxListeners(20);
    ctx.res.once('close', () => stream.destroy());
    await events.refresh();
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/** Sends events in order: a change during a read causes another read. */
class StatusEvents {
  #reading: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: PassThrough,
    private readonly read: () => Promise<Session | undefined>,
  ) {}

  refresh(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#tell());
    return this.#reading;
  }

  comment(): void {
    this.#write(':\n\n');
  }

  async #tell(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (!this.stream.writable) return;
    const session = await this.read().catch(() => null);
    if (session === null) {
      // While a store is down, the last event stays valid.
      this.#retry ??= setTimeout(() => void this.refresh(), READ_AGAIN_MS).unref();
      return;
    }
    if (session) this.#write(`data: ${JSON.stringify(toStatus(session))}\n\n`);
    if (!session || session.verified) this.stream.end();
  }

  #write(text: string): void {
    if (!this.stream.writable) return;
    this.stream.write(text);
    if (this.stream.writableLength > MAX_UNREAD_BYTES) this.stream.destroy();
  }
}
