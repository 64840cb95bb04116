import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';

/** How long a client may go on sending after an early reply, in ms. */
export const LINGER_MS = 2_000;

/** Whether part of a request's body is unread. */
export function hasUnreadBody({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0);
}

/** Receives what is left of a request's body and wipes it: it can hold a password. Node would free it as it is. */
export function discardBody(request: IncomingMessage): IncomingMessage {
  return request.on('data', (chunk: Buffer) => chunk.fill(0)).resume();
}

/**
 * Returns a reply that is sent at once and ends when the request has been received. A connection that is closed with
 * unread bytes is reset, and a client that sends before it reads would not see the reply.
 * @see RFC 9112, section 9.6
 */
export function replyBeforeBody(reply: string, request: IncomingMessage): Readable {
  return Readable.from(sendThenDrain(reply, request), { objectMode: false });
}

async function* sendThenDrain(reply: string, request: IncomingMessage): AsyncGenerator<Buffer> {
  yield Buffer.from(reply);
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  try {
    await finished(discardBody(request), { writable: false });
  } catch {
    // The client or the timer ended the connection. The reply is out.
  } finally {
    clearTimeout(timer);
  }
}
