import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** How long a client may go on sending what nobody reads, in ms. */
export const LINGER_MS = 2_000;

/** Whether a request has a body that was not read to its end. */
export function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0);
}

/**
 * A reply that is sent at once and ends when the rest of the request is in. A connection that is closed on bytes
 * unread is reset, and a client that sends first and reads then would never see the reply.
 * @see RFC 9112, 9.6
 */
export function replyBeforeBody(reply: string, request: IncomingMessage): Readable {
  return Readable.from(sendThenDrain(reply, request), { objectMode: false });
}

async function* sendThenDrain(reply: string, request: IncomingMessage): AsyncGenerator<Buffer> {
  yield Buffer.from(reply);
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  try {
    await finished(request.resume(), { writable: false });
  } catch {
    // It was cut off, by the client or by the timer; its reply is out.
  } finally {
    clearTimeout(timer);
  }
}
