import type { PassThrough } from 'node:stream';
import type { Context } from 'koa';
import type { Session } from '../../storage/sessions.js';
import { ApiError } from '../http/errors.js';
import type { Services } from '../services.js';

/** How often a comment tells proxies and clients that the stream lives, in ms (protocol.md: 15 s at least). */
const KEEP_ALIVE_MS = 10_000;
/** How soon a status that could not be read is read again, in ms: streams tell it within seconds of the store's return. */
const READ_AGAIN_MS = 1000;
/** How long a client may leave a stream unread before it is cut off, in bytes. */
const MAX_UNREAD_BYTES = 16 * 1024;

/** The reply of recovery_email/status. */
export function toStatus({ email, verified }: Pick<Session, 'email' | 'verified'>) {
  return { email: Buffer.from(email).toString('hex'), verified };
}

/**
 * Answers with an event stream: an event at once, one on every change, comments in between. It ends after
 * `verified: true`, and when the session ends.
 * @throws ApiError 114 when the account, or the server, has all the streams it may have
 * @see protocol.md, "recovery_email/status"
 */
export async function openStatusStream(services: Services, session: Session, ctx: Context): Promise<void> {
  const { storage, statusStreams } = services;
  const stream = statusStreams.add(session.uid);
  if (!stream) throw new ApiError('tooManyRequests', { retryAfter: KEEP_ALIVE_MS / 1000 });
  try {
    const events = new StatusEvents(stream, () => storage.sessions.find(session.tokenID));
    // Listening before reading: a change between the two is told twice rather than never.
    const stopListening = await storage.tokens.listen(session.uid, () => events.refresh());
    const keepAlive = setInterval(() => events.comment(), KEEP_ALIVE_MS);
    stream.once('close', () => {
      clearInterval(keepAlive);
      stopListening();
    });
    // An event stream is no document: nothing between server and client may hold it back or keep it.
    ctx.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    ctx.body = stream;
    // A stream's end is waited for in more places than Node takes for a leak.
    ctx.res.setMaxListeners(20);
    ctx.res.once('close', () => stream.destroy());
    await events.refresh();
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/** The events of one stream, in order: a change that comes while another is read is read after it. */
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
      // A store that is away leaves the last event standing, until it is back.
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
